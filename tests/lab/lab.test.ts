// Machines behind NAT, in network namespaces: which path bytes take is read off the counters of the machines' devices.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { labCardume } from './support/lab-cardume.ts';
import { addresses, LabNetwork, type Machine } from './support/lab-network.ts';
import { labTool } from './support/lab-tools.ts';

jest.setTimeout(120_000);

const mib = 1024 * 1024;
/** Each 64 bytes say where they are, so that any packet of them would be known. */
const marker = 'PLAINTEXT-OF-THE-HIDDEN-FILE';

function markedFile(sizeBytes: number): Buffer {
  const file = Buffer.alloc(sizeBytes, '.');
  for (let at = 0; at + 64 <= sizeBytes; at += 64) file.write(`${marker} ${at} `, at);
  return file;
}

describeWith(labTool, 'two sites behind NAT, an index, and an open machine', (natRules) => {
  const folder = temporaryFolder();
  let lab: LabNetwork;
  let cardume: ReturnType<typeof labCardume>;
  let invite: string;
  const hidden = markedFile(48 * mib);
  const open = markedFile(40 * mib + 1);

  /** What each machine received and sent while something went on. */
  async function bytesOf(action: () => Promise<unknown>): Promise<Record<Machine, { received: number; sent: number }>> {
    const machines: Machine[] = ['index', 'open', 'left', 'right'];
    const before = machines.map((machine) => lab.bytes(machine));
    await action();
    const entries = machines.map((machine, number) => {
      const { received, sent } = lab.bytes(machine);
      const { received: receivedBefore = 0, sent: sentBefore = 0 } = before[number] ?? {};
      return [machine, { received: received - receivedBefore, sent: sent - sentBefore }];
    });
    return Object.fromEntries(entries);
  }

  async function get(machine: Machine, name: string, ...args: string[]): Promise<Buffer> {
    const target = join(cardume.folderOf(machine), 'got');
    rmSync(target, { recursive: true, force: true });
    await cardume.run(machine, 'get', name, '-o', target, '--no-copy', '--json', ...args);
    return readFileSync(join(target, name));
  }

  beforeAll(async () => {
    process.stderr.write(`lab: NAT by ${natRules}\n`);
    lab = LabNetwork.make();
    cardume = labCardume(lab, folder);
    const limits = ['--relay-limit', '1GB/s'];
    const index = cardume.start(
      'index',
      'index',
      '--listen',
      '0.0.0.0:50051',
      '--host',
      addresses.index,
      ...limits,
      '--json',
    );
    invite = String((await index.waitForObject('listening')).invite);
    writeFileSync(join(cardume.folderOf('left'), 'hidden-from-all.bin'), hidden);
    writeFileSync(join(cardume.folderOf('open'), 'open.bin'), open);
    for (const [machine, name] of [
      ['left', 'hidden-from-all.bin'],
      ['open', 'open.bin'],
    ] as const) {
      const share = cardume.start(machine, 'share', join(cardume.folderOf(machine), name), '--index', invite, '--json');
      expect((await share.waitForObject('joined')).reachable).toBe(machine === 'open');
      if (machine === 'left')
        expect((await share.waitForObject('relayed')).relays).toEqual([`${addresses.index}:50051`]);
    }
    await cardume.run('right', 'search', 'open', '--index', invite);
  }, 120_000);
  afterAll(() => lab?.remove());

  test('a file of the open machine comes directly', async () => {
    const bytes = await bytesOf(async () => expect((await get('right', 'open.bin')).equals(open)).toBe(true));
    expect(bytes.open.sent).toBeGreaterThan(open.length);
    expect(bytes.right.received).toBeGreaterThan(open.length);
    expect(bytes.index.sent).toBeLessThan(open.length / 20);
    expect(bytes.left.sent).toBeLessThan(open.length / 20);
  });

  test('a file of the hidden machine comes through the relay, which sees nothing of it', async () => {
    const path = join(folder, 'packets');
    const capture = await lab.capture('index', path);
    const startMs = performance.now();
    const bytes = await bytesOf(async () => {
      expect((await get('right', 'hidden-from-all.bin')).equals(hidden)).toBe(true);
    });
    const seconds = (performance.now() - startMs) / 1_000;
    process.stderr.write(`lab: relayed ${hidden.length / mib} MiB in ${seconds.toFixed(1)} s, all included\n`);
    await capture.stop();
    expect(bytes.left.sent).toBeGreaterThan(hidden.length);
    expect(bytes.index.received).toBeGreaterThan(hidden.length);
    expect(bytes.index.sent).toBeGreaterThan(hidden.length);
    expect(bytes.right.received).toBeGreaterThan(hidden.length);
    expect(bytes.open.sent).toBeLessThan(hidden.length / 20);
    const packets = readFileSync(path);
    // Most of the file has passed there, and is not there to be read.
    expect(packets.length).toBeGreaterThan(hidden.length);
    for (const secret of [marker, 'hidden-from-all', '192.168.1.10']) expect(packets.includes(secret)).toBe(false);
  });

  test('a file of the hidden machine comes by a connection that this makes, as soon as who gets it serves itself', async () => {
    const bytes = await bytesOf(async () => {
      // So slowly that there is time to share it on, which is what makes the open machine one that can be connected to.
      expect((await get('open', 'hidden-from-all.bin', '--limit-down', '2MB/s')).equals(hidden)).toBe(true);
    });
    process.stderr.write(`lab: ${JSON.stringify(bytes)}\n`);
    expect(bytes.left.sent).toBeGreaterThan(hidden.length);
    expect(bytes.open.received).toBeGreaterThan(hidden.length);
    // What came before went through the relay: it is looked for a better path after 5 s, and 10 s later.
    expect(bytes.index.sent).toBeLessThan(hidden.length * 0.85);
  });

  test('what is not encrypted would be seen there', async () => {
    const path = join(folder, 'plain-packets');
    const args = ['--insecure', '--listen', '0.0.0.0:50061', '--json'];
    const index = cardume.start('index', 'index', '--database', 'sqlite::memory:', ...args);
    await index.waitForObject('listening');
    const at = ['--index', `${addresses.index}:50061`];
    const shared = join(cardume.folderOf('left'), 'hidden-from-all.bin');
    const share = cardume.start(
      'left',
      'share',
      shared,
      ...at,
      '--listen',
      '0.0.0.0:0',
      '--insecure',
      '--state',
      join(folder, 'plain-state'),
      '--json',
    );
    await share.waitForObject('relayed');
    const capture = await lab.capture('index', path);
    await cardume.run('open', 'get', 'hidden-from-all.bin', ...at, '-o', join(folder, 'plain'), '--no-copy');
    await capture.stop();
    await Promise.all([index.stop(), share.stop()]);
    expect(readFileSync(path).includes(marker)).toBe(true);
  });

  test('goes on when the hidden machine was cut off in the middle', async () => {
    const target = join(cardume.folderOf('right'), 'cut');
    const get = cardume.start(
      'right',
      'get',
      'hidden-from-all.bin',
      '-o',
      target,
      '--no-copy',
      '--limit-down',
      '8MB/s',
      '--json',
    );
    await until('some of it to come', () => lab.bytes('right').received > 0 && progressOf(get.stdout) > 4 * mib);
    lab.plug('left', false);
    const before = progressOf(get.stdout);
    await until(
      'it to be noticed',
      () => get.stdout.includes('"phase":"waiting"') || progressOf(get.stdout) === before,
      60_000,
    );
    lab.plug('left', true);
    const { code } = await get.waitForEnd();
    expect({ code, stderr: code === 0 ? '' : get.stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(join(target, 'hidden-from-all.bin')).equals(hidden)).toBe(true);
  });
});

/** How much is verified, as the last line of progress says. */
function progressOf(stdout: string): number {
  const [last] = [...stdout.matchAll(/"verifiedBytes":(\d+)/g)].slice(-1);
  return Number(last?.[1] ?? 0);
}
