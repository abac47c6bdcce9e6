// What `make bench-data` rests on; that it measures well is what its results show.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createEnds, type Ends } from '../../bench/data/ends.ts';
import { program } from '../../bench/data/program.ts';
import { runComparison } from '../../bench/data/run-comparison.ts';
import type { System } from '../../bench/data/systems/system.ts';
import { makeWorkload } from '../../bench/data/workload.ts';
import { describeWith } from '../support/describe-with.ts';
import { runCommand } from '../support/run-command.ts';
import { startProcess } from '../support/start-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const script = join(root, 'bench/data.ts');
const proc = { name: "Linux's /proc", command: existsSync('/proc/self/stat') ? '/proc' : undefined };
const base = temporaryFolder();
const signal = new AbortController().signal;

/** A program for `node -e` that uses so much CPU itself. */
const burn = (seconds: number): string => `while (process.cpuUsage().user < ${seconds} * 1e6);`;

function processesIn(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return []; // It ended.
      }
    })
    .filter((command) => command.includes(folder) && !command.includes(script));
}

describeWith(proc, 'the benchmark of data', () => {
  test('has a row for each system, and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(base, 'bench-'));
    const args = ['--size', '1MiB', '--rounds', '2', '--only', 'file,start', '--against', 'Node,node', '--no-save'];
    const { code, stdout } = await runCommand(process.execPath, [script, ...args, '--folder', folder]);
    expect(code).toBe(0);
    const rows = stdout.split('\n').flatMap((line) => /^\| (.*?) \| \d/.exec(line)?.[1] ?? []);
    expect(rows).toEqual(['cardume', 'Node http2', 'cardume --help', 'node -e 0']);
    expect(readdirSync(folder)).toEqual([]);
    expect(processesIn(folder)).toEqual([]);
  });

  test('interrupted, ends what it started and leaves nothing behind', async () => {
    const folder = mkdtempSync(join(base, 'bench-'));
    const args = ['--size', '64MiB', '--rounds', '1000', '--only', 'file', '--against', 'Node', '--no-save'];
    const bench = startProcess(process.execPath, [script, ...args, '--folder', folder]);
    await until('both ends', () => processesIn(folder).some((command) => command.includes(' get ')));
    bench.kill('SIGINT');
    expect(await bench.waitForEnd()).toEqual({ code: 130, signal: null });
    expect(readdirSync(folder)).toEqual([]);
    expect(processesIn(folder)).toEqual([]);
  });

  test('says what is wrong with its arguments', async () => {
    const { code, stderr } = await runCommand(process.execPath, [script, '--only', 'nothing']);
    expect({ code, first: stderr.split('\n')[0] }).toEqual({
      code: 2,
      first: '--only: there is no nothing, but file, tls, files, tiny, start',
    });
  });
});

describeWith(proc, 'a comparison', () => {
  const copies = (name: string, more: Partial<System> = {}): System => ({
    name,
    note: 'copies',
    programs: [],
    serve: async ({ workload, target, ends }) => {
      return () => ends.run('receiver', 'cp', '-r', `${workload.folder}/.`, target);
    },
    ...more,
  });
  const compare = async (...systems: [System, ...System[]]) => {
    const folder = mkdtempSync(join(base, 'bench-'));
    const home = join(folder, 'home');
    mkdirSync(home);
    const comparison = { name: 'files', title: 'Some files', fileCount: 3, fileSizeBytes: 100_000, systems } as const;
    const workload = makeWorkload(join(folder, 'files'), comparison.fileCount, comparison.fileSizeBytes);
    const { measured, absent } = await runComparison(comparison, workload, 2, { folder, home, signal, say: () => {} });
    return {
      measured: [...measured].map(([{ name }, transfers]) => `${name} × ${transfers.length}`),
      absent: [...absent].map(([{ name }, reason]) => `${name}: ${reason}`),
    };
  };

  test('names what is not installed and what fails, and goes on', async () => {
    const missing = program({ name: 'no-such-program', versionArgs: ['--version'], pattern: /(.+)/ });
    const result = await compare(
      copies('ours'),
      copies('missing', { programs: [missing] }),
      copies('failing', {
        serve: async ({ ends }) => {
          return () => ends.run('receiver', process.execPath, '-e', 'process.exit(3)');
        },
      }),
      copies('other'),
    );
    expect(result).toEqual({
      measured: ['ours × 2', 'other × 2'],
      absent: [
        'missing: not installed: no-such-program',
        `failing: failed: ${process.execPath} -e process.exit(3) ended with 3:`,
      ],
    });
  });

  test('takes no copy for done that is not whole', async () => {
    const truncating = copies('truncating', {
      serve:
        async ({ workload, target, ends }) =>
        async () => {
          await ends.run('receiver', 'cp', '-r', `${workload.folder}/.`, target);
          await ends.run('receiver', 'truncate', '-s', '99999', join(target, 'random-0001.bin'));
        },
    });
    await expect(compare(truncating)).rejects.toThrow('random-0001.bin arrived with other content');
    expect(await compare(copies('ours'), truncating)).toEqual({
      measured: ['ours × 2'],
      absent: ['truncating: failed: random-0001.bin arrived with other content'],
    });
  });
});

describeWith(proc, 'CPU and memory of an end', () => {
  let ends: Ends;
  beforeAll(() => {
    ends = createEnds({ folder: base, home: base, signal });
  });
  afterAll(() => ends.stop());

  test('are those of its processes and of what they started, ended or not', async () => {
    const before = ends.cpuSeconds();
    const child = `require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(burn(0.3))}]);`;
    await ends.run('receiver', process.execPath, '-e', child);
    const server = ends.start(
      'sender',
      process.execPath,
      '-e',
      `${child} console.log('ready'); setInterval(() => {}, 1e6)`,
    );
    await server.waitForLine(/ready/);
    const after = ends.cpuSeconds();
    expect(after.receiver - before.receiver).toBeGreaterThanOrEqual(0.3);
    expect(after.sender - before.sender).toBeGreaterThanOrEqual(0.3);
    expect(after.helper - before.helper).toBe(0);
    expect(ends.peakMemoryBytes().sender).toBeGreaterThan(10_000_000);
    expect(ends.peakMemoryBytes().helper).toBe(0);
  });
});
