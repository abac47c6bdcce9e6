import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAddress } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { memoryOf } from '../../../tests/support/process-usage.ts';
import { scrape } from '../../../tests/support/scrape.ts';
import type { StartedProcess } from '../../../tests/support/start-process.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
const mib = 1024 * 1024;
const content = Buffer.from(
  Uint8Array.from({ length: 48 * mib }, (_, position) => (position * 7 + (position >> 12)) % 251),
);
interface Relay {
  process: StartedProcess;
  address: string;
  /** Where its metrics are. */
  metrics: string;
}

/** Nobody listens there, so that nobody can dial the share. */
const hidden = ['--advertise', '127.0.0.1:9'];

async function startRelay(...args: string[]): Promise<Relay> {
  // Without certificates it needs nothing of an index.
  const relay = cardume.start([
    'relay',
    '--listen',
    '127.0.0.1:0',
    '--index',
    '127.0.0.1:1',
    '--metrics',
    '0',
    '--json',
    ...args,
  ]);
  const { address, metricsAddress } = await relay.waitForObject('listening');
  return { process: relay, address: String(address), metrics: String(metricsAddress) };
}

/** Which of them carries something; it may be between two of them. Undefined when that ends first. */
async function carryingOf(relays: readonly Relay[], what: StartedProcess): Promise<number | undefined> {
  let carrying: number | undefined;
  await until('one of them to carry it', async () => {
    const scraped = await Promise.all(relays.map(({ metrics }) => scrape(parseAddress(metrics, 'metrics'))));
    const at = scraped.findIndex((metrics) => (metrics.get('cardume_relay_tunnels') ?? 0) > 0);
    carrying = at === -1 ? undefined : at;
    return carrying !== undefined || what.end !== undefined;
  });
  return carrying;
}

/** How much is verified, as the last line of progress says. */
function progressOf(stdout: string): number {
  return Number([...stdout.matchAll(/"verifiedBytes":(\d+)/g)].at(-1)?.[1] ?? 0);
}

describe('cardume relay', () => {
  test('carries a file, and another one takes over when it is killed in the middle', async () => {
    const relays = [await startRelay('--limit', '12MB/s'), await startRelay('--limit', '12MB/s')];
    const listed = relays.flatMap(({ address }) => ['--relay', address]);
    const index = await cardume.startIndex(['--relay-limit', 'off', ...listed]);
    writeFileSync(join(cardume.folder, 'big.bin'), content);
    const share = cardume.start(['share', 'big.bin', '--index', index.address, ...hidden, '--json']);
    await share.waitForLine(/"relays":\["[^"]+","[^"]+"\]/);
    const get = cardume.start(['get', 'big.bin', '--index', index.address, '-o', 'got', '--json']);
    await until('some of it to come', () => progressOf(get.stdout) > 4 * mib);
    const carrying = await carryingOf(relays, get);
    expect(carrying).toBeDefined();
    relays[carrying as number]?.process.kill('SIGKILL');
    const { code } = await get.waitForEnd();
    expect({ code, stderr: code === 0 ? '' : get.stderr }).toEqual({ code: 0, stderr: '' });
    expect(readFileSync(join(cardume.folder, 'got/big.bin')).equals(content)).toBe(true);
  });

  test('and another one take turns as each is stopped and started again, and who gets a file says no word of it', async () => {
    const relays = [await startRelay('--limit', '4MB/s'), await startRelay('--limit', '4MB/s')];
    const listed = relays.flatMap(({ address }) => ['--relay', address]);
    const database = ['--database', 'sqlite::memory:'];
    const index = await cardume.startIndex(['--relay-limit', 'off', ...listed, ...database]);
    writeFileSync(join(cardume.folder, 'turns.bin'), content);
    const share = cardume.start(['share', 'turns.bin', '--index', index.address, ...hidden, '--json']);
    await share.waitForLine(/"relays":\["[^"]+","[^"]+"\]/);
    const get = cardume.start(['get', 'turns.bin', '--index', index.address, '-o', 'turns', '--json']);
    const timesAtBoth = (): number => share.stdout.match(/"relays":\["[^"]+","[^"]+"\]/g)?.length ?? 0;
    let stops = 0;
    for (; stops < 3 && get.end === undefined; stops += 1) {
      const before = { bytes: progressOf(get.stdout), atBoth: timesAtBoth() };
      await until('more of it to come', () => progressOf(get.stdout) > before.bytes + 2 * mib);
      const carrying = await carryingOf(relays, get);
      if (carrying === undefined) break;
      const { process: relay, address } = relays[carrying] as Relay;
      relay.kill('SIGTERM');
      expect(await relay.waitForEnd()).toEqual({ code: 0, signal: null });
      relays[carrying] = await startRelay('--limit', '4MB/s', '--listen', address);
      // Other events may follow at once: what it serves through the other relay.
      await until('the share to listen at both again', () => timesAtBoth() > before.atBoth);
    }
    expect(stops).toBeGreaterThan(1);
    const { code } = await get.waitForEnd();
    expect({ code, stderr: get.stderr }).toEqual({ code: 0, stderr: '' });
    expect(get.stdout).not.toContain('"type":"error"');
    expect(readFileSync(join(cardume.folder, 'turns/turns.bin')).equals(content)).toBe(true);
  }, 120_000);

  test('carries what is sent to a peer that nobody can dial', async () => {
    const index = await cardume.startIndex(['--database', 'sqlite::memory:']);
    writeFileSync(join(cardume.folder, 'sent.bin'), content.subarray(0, 5 * mib));
    const args = ['receive', 'inbox', '--yes', '--name', 'hidden', '--index', index.address, ...hidden, '--json'];
    await cardume.start(args).waitForObject('relayed');
    const { code, stdout, stderr } = await cardume.run(['send', 'sent.bin', 'hidden', '--index', index.address]);
    expect({ code, stdout, stderr: code === 0 ? '' : stderr }).toEqual({
      ...{ code: 0, stderr: '' },
      stdout: 'sent.bin to hidden: is there, verified\n',
    });
    expect(readFileSync(join(cardume.folder, 'inbox/sent.bin')).equals(content.subarray(0, 5 * mib))).toBe(true);
  });

  test('stays small when a reader is stopped in the middle', async () => {
    const relay = await startRelay('--limit', '1GB/s');
    const index = await cardume.startIndex([
      '--relay-limit',
      'off',
      '--relay',
      relay.address,
      '--database',
      'sqlite::memory:',
    ]);
    writeFileSync(join(cardume.folder, 'large.bin'), Buffer.concat([content, content]));
    const share = cardume.start(['share', 'large.bin', '--index', index.address, ...hidden, '--json']);
    await share.waitForObject('relayed');
    const before = memoryOf(relay.process.pid).nowBytes;
    const get = cardume.start(['get', 'large.bin', '--index', index.address, '-o', 'slow', '--json']);
    await until('some of it to come', () => progressOf(get.stdout) > 8 * mib);
    get.kill('SIGSTOP');
    // What its windows take comes in this time, and then nothing.
    let largest = 0;
    for (let look = 0; look < 20; look++) {
      largest = Math.max(largest, memoryOf(relay.process.pid).nowBytes);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    console.log(
      `the relay had ${Math.round(before / mib)} MiB, and ${Math.round(largest / mib)} MiB while its reader was stopped`,
    );
    expect(largest - before).toBeLessThan(120 * mib);
    get.kill('SIGCONT');
    const { code } = await get.waitForEnd();
    expect(code).toBe(0);
  }, 120_000);

  test('says how it is used, and ends with 2 when that is wrong', async () => {
    for (const [args, text] of [
      [['relay', '--listen', '0.0.0.0:0', '--index', '127.0.0.1:1'], /reachable from other machines/],
      [['relay', '--limit', 'much'], /Write a rate/],
      [['relay', '--limit', '5MB/s,22:00-06:00=all'], /without times of the day/],
      [['index', '--listen', '127.0.0.1:0', '--relay', 'nowhere:0'], /nobody can dial port 0/],
      [['index', '--listen', '127.0.0.1:0', '--relay-limit', 'none'], /Write a rate/],
    ] as const) {
      const { code, stderr } = await cardume.run(args);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(text) });
    }
  });
});
