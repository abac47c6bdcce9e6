// What `npm run bench:swarm` rests on; that it measures well is what its results show.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { makeWorkload } from '../../bench/data/workload.ts';
import { faults } from '../../bench/swarm/faults.ts';
import { flipBytes } from '../../bench/swarm/flip-bytes.ts';
import { createNetwork, listNamespaces, namespacePrefix } from '../../bench/swarm/network.ts';
import { fluidBoundSeconds } from '../../bench/swarm/parts/distribution.ts';
import { runSwarm } from '../../bench/swarm/run-swarm.ts';
import { cardumeSwarm } from '../../bench/swarm/systems/cardume-swarm.ts';
import { describeWith } from '../support/describe-with.ts';
import { runCommand } from '../support/run-command.ts';
import { startProcess } from '../support/start-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const script = join(root, 'bench/swarm.ts');
const base = temporaryFolder();
const networks = { name: 'root, iproute2 and network namespaces', command: canMakeNetworks() ? 'ip' : undefined };

function canMakeNetworks(): boolean {
  try {
    createNetwork({ memberCount: 1, uplinkBytesPerSecond: 1_000_000 }).remove();
    return true;
  } catch {
    return false;
  }
}

function namespacesOf(pid: number): string[] {
  return listNamespaces().filter((name) => name.startsWith(`${namespacePrefix}${pid}-`));
}

describe('the benchmark of swarms', () => {
  test.each([
    ['--only nothing', '--only: there is no nothing, but aggregation, distribution, faults, small-files'],
    ['--faults rain', '--faults: there is no rain, but killed, stopped, flipped, flipped-some, slow, back, changed'],
    ['--rounds 0', '--rounds: a number from 1 on'],
    ['--size big', '--size: a number of KiB, MiB or GiB, as in 256MiB'],
    ['--count 2,', '--count: a number from 1 on'],
  ])('says what is wrong with %s', async (args, first) => {
    const { code, stderr } = await runCommand(process.execPath, [script, ...args.split(' ')]);
    expect({ code, first: stderr.split('\n')[0] }).toEqual({ code: 2, first });
  });

  test('helps without doing anything', async () => {
    const { code, stdout } = await runCommand(process.execPath, [script, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: npm run bench:swarm/);
  });

  test('knows how fast many could be at best', () => {
    // The seed has to send the file once, whoever helps it afterwards.
    expect(fluidBoundSeconds(100, 1, 20)).toBe(5);
    expect(fluidBoundSeconds(100, 16, 20)).toBe(5);
  });

  test('flips one byte of each so many', () => {
    const folder = mkdtempSync(join(base, 'flip-'));
    const { files } = makeWorkload(join(folder, 'files'), 1, 1_000);
    const [name = ''] = files.keys();
    const copy = join(folder, 'copy');
    copyFileSync(join(folder, 'files', name), copy);
    flipBytes(copy, 300);
    const [before, after] = [readFileSync(join(folder, 'files', name)), readFileSync(copy)];
    expect([...after.entries()].filter(([at, byte]) => byte !== before[at]).map(([at]) => at)).toEqual([150, 450, 750]);
  });
});

describeWith(networks, 'the benchmark of swarms, between namespaces', () => {
  const small = ['--size', '2MiB', '--count', '2', '--rounds', '1', '--against', 'nobody', '--no-save'];

  test('has a row for each case, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(base, 'bench-'));
    const args = [...small, '--only', 'aggregation,distribution,faults', '--faults', 'killed', '--folder', folder];
    const bench = startProcess(process.execPath, [script, ...args]);
    expect(await bench.waitForEnd()).toEqual({ code: 0, signal: null });
    // So small a file is there before a fault happens, unless the machine is slow.
    const rows = bench.stdout
      .replaceAll(' (1 of 1: over before)', '')
      .split('\n')
      .flatMap((line) => /^\| ([^|]+) \| ([^|]+) \| \d/.exec(line)?.slice(1, 3) ?? []);
    expect(rows).toEqual([
      ...['2', 'cardume'],
      ...['2', 'cardume'],
      ...['cardume', 'healthy'],
      ...['cardume', 'killed (SIGKILL)'],
    ]);
    expect(readdirSync(folder)).toEqual([]);
    expect(namespacesOf(bench.pid)).toEqual([]);
  }, 180_000);

  test('interrupted, leaves no namespace and no file behind', async () => {
    const folder = mkdtempSync(join(base, 'bench-'));
    const args = [...small, '--size', '64MiB', '--rounds', '100', '--only', 'distribution', '--folder', folder];
    const bench = startProcess(process.execPath, [script, ...args]);
    // The hub, a source and two downloaders: the run that warms up has one less.
    await until('a run', () => namespacesOf(bench.pid).length === 4);
    bench.kill('SIGINT');
    expect(await bench.waitForEnd()).toEqual({ code: 130, signal: null });
    expect(readdirSync(folder)).toEqual([]);
    expect(namespacesOf(bench.pid)).toEqual([]);
  });

  test.each(['flipped', 'flipped-some', 'changed'])('never takes what a %s source sends for the file', async (name) => {
    const folder = mkdtempSync(join(base, 'bench-'));
    const home = join(folder, 'home');
    mkdirSync(home);
    const workload = makeWorkload(join(folder, 'source'), 1, 48 * 2 ** 20);
    const [other = ''] = makeWorkload(join(folder, 'other'), 1, 48 * 2 ** 20).files.keys();
    const fault = faults.find((each) => each.name === name);
    const system = cardumeSwarm({ main: join(root, 'clients/cli/src/cardume.js') });
    // Before the fault the one source there is brings a third at most, and hands another third to the kernel.
    const alone = { system, sourceCount: 1, downloaderCount: 1, uplinkBytesPerSecond: 6_000_000, limitSeconds: 15 };
    const init = { folder, home, signal: new AbortController().signal };
    const outcome = await runSwarm({ ...alone, fault }, workload, join(folder, 'other', other), init);
    expect(outcome).toMatchObject({ struck: true, problem: expect.stringMatching(/^(?!.*other content)/) });
    expect(namespacesOf(process.pid)).toEqual([]);
  });
});
