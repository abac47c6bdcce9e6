// Machines behind NAT, in network namespaces: which path bytes take is read off the counters of the machines' devices.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { addresses, type Machine } from './support/lab-network.ts';
import { labTool } from './support/lab-tools.ts';
import { markedFile, marker } from './support/marked-file.ts';
import { type Lab, startLab } from './support/start-lab.ts';

jest.setTimeout(120_000);

const mib = 1024 * 1024;

// Removed after all that runs in it has ended.
const folder = temporaryFolder();

describeWith(labTool, 'two sites behind NAT, an index, and an open machine', (natRules) => {
  let lab: Lab;
  const hidden = markedFile(48 * mib);
  const open = markedFile(40 * mib + 1);

  /** What each machine received and sent while something went on. */
  async function bytesOf(action: () => Promise<unknown>): Promise<Record<Machine, { received: number; sent: number }>> {
    const machines: Machine[] = ['index', 'open', 'left', 'right'];
    const before = machines.map((machine) => lab.network.bytes(machine));
    await action();
    const entries = machines.map((machine, number) => {
      const { received, sent } = lab.network.bytes(machine);
      const { received: receivedBefore = 0, sent: sentBefore = 0 } = before[number] ?? {};
      return [machine, { received: received - receivedBefore, sent: sent - sentBefore }];
    });
    return Object.fromEntries(entries);
  }

  const get = (machine: Machine, name: string, ...args: string[]): Promise<Buffer> =>
    lab.get(machine, name, ...args).file();

  beforeAll(async () => {
    process.stderr.write(`lab: NAT by ${natRules}\n`);
    lab = await startLab(folder);
    const shared = await lab.share('left', 'hidden-from-all.bin', hidden);
    expect((await shared.waitForObject('joined')).reachable).toBe(false);
    expect((await shared.waitForObject('relayed')).relays).toEqual([`${addresses.index}:50051`]);
    expect((await (await lab.share('open', 'open.bin', open)).waitForObject('joined')).reachable).toBe(true);
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
    const capture = await lab.network.capture('index', path);
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
    const index = lab.cardume.start('index', 'index', '--database', 'sqlite::memory:', ...args);
    await index.waitForObject('listening');
    const at = ['--index', `${addresses.index}:50061`];
    const shared = join(lab.cardume.folderOf('left'), 'hidden-from-all.bin');
    const share = lab.cardume.start(
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
    const capture = await lab.network.capture('index', path);
    await lab.cardume.run('open', 'get', 'hidden-from-all.bin', ...at, '-o', join(folder, 'plain'), '--no-copy');
    await capture.stop();
    await Promise.all([index.stop(), share.stop()]);
    expect(readFileSync(path).includes(marker)).toBe(true);
  });
});
