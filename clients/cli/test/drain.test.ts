// What is stopped by SIGTERM, as for an upgrade, while others use it: they go on elsewhere, and say nothing of it.
import { randomFillSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, formatAddress, type IndexChange, openIndex, parseAddress } from '@cardume/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);
const content = Buffer.alloc(64_000_000);
/** Slow enough that all of it takes longer than what is done meanwhile. */
const slowly = ['--limit-down', '4MB/s'];
const smallFiles = new Map<string, Buffer>();
const closings: (() => unknown)[] = [];
const changes: IndexChange[] = [];
let indexAddress = '';

interface Share {
  name: string;
  process: StartedProcess;
  address: string;
  peerId: string;
}

async function startShare(name: string, listen = '127.0.0.1:0'): Promise<Share> {
  const args = ['--listen', listen, '--state', path(`${name}-state`)];
  return { name, ...(await cardume.startShare([name], args)) };
}

/** Stops a share as an upgrade does; it says goodbye while it still serves, and ends well. */
async function stop({ process: share, peerId }: Share): Promise<void> {
  const left = (): number => changes.filter((change) => change.kind === 'peer-left' && change.peerId === peerId).length;
  const before = left();
  share.kill('SIGTERM');
  await until(`${peerId} to leave the index`, () => left() > before);
  expect(await share.waitForEnd()).toEqual({ code: 0, signal: null });
  expect(changes.some((change) => change.kind === 'peer-left' && change.expired)).toBe(false);
  const messages = share.stderr.split('\n').flatMap((line) => /"msg":"(left the index|stopped)"/.exec(line)?.[1] ?? []);
  expect(messages).toEqual(['left the index', 'stopped']);
}

/** How much of a file is there, as the last line of progress says. */
function progressOf(text: string): number {
  return Number([...text.matchAll(/"verifiedBytes":(\d+)/g)].at(-1)?.[1] ?? 0);
}

async function endWell(get: StartedProcess): Promise<void> {
  const end = await get.waitForEnd();
  expect({ ...end, stderr: end.code === 0 ? '' : get.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  expect(`${get.stdout}${get.stderr}`).not.toMatch(/"type":"error"|cardume:|none of its holders/);
}

beforeAll(async () => {
  randomFillSync(content);
  for (let at = 0; at < 600; at += 1) smallFiles.set(`file ${at}`, content.subarray(at * 50_000, (at + 1) * 50_000));
  for (const name of ['one', 'two', 'lone']) mkdirSync(path(name));
  for (const share of ['one', 'two']) {
    writeFileSync(path(share, 'big.bin'), content);
    writeFileSync(path(share, 'small.txt'), 'a small file\n');
    mkdirSync(path(share, 'many'));
    for (const [name, bytes] of smallFiles) writeFileSync(path(share, 'many', name), bytes);
  }
  writeFileSync(path('lone', 'rare.bin'), content.subarray(4));
  ({ address: indexAddress } = await cardume.startIndex(['--database', 'sqlite::memory:']));
  cardume.env.CARDUME_INDEX = indexAddress;
  const index = openIndex(parseAddress(indexAddress, 'index'));
  const watching = (async () => {
    for await (const { change } of index.watch()) if (change !== undefined) changes.push(change);
  })().catch(() => undefined);
  closings.push(async () => {
    index.close();
    await watching;
  });
});
afterAll(async () => {
  for (const close of closings.reverse()) await close();
});

/** Gets a small file again and again, so that downloads also begin in whatever moment. */
function keepGetting() {
  let isDone = false;
  let count = 0;
  const running = (async () => {
    for (; !isDone; count += 1) {
      const { code, stderr } = await cardume.run(['get', 'small.txt', '-o', path(`small-${count}`), '--json']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
  })();
  running.catch(() => undefined);
  return {
    async end(): Promise<number> {
      isDone = true;
      await running;
      return count;
    },
  };
}

describe('a peer that is stopped and started again', () => {
  test('leaves the downloads of its files to another one, time and again, and no word is said of it', async () => {
    const [one, two] = [await startShare('one'), await startShare('two')];
    const gets = ['a', 'b', 'c'].map((folder) => cardume.start(['get', 'big.bin', '-o', folder, '--json', ...slowly]));
    const many = cardume.start(['get', 'many/', '-o', 'd', '--json', '--limit-down', '2MB/s']);
    const line = `"$@" | cmp - one/big.bin; echo "codes \${PIPESTATUS[@]}"`;
    const streamed = startProcess(
      'bash',
      ['-c', line, 'bash', process.execPath, ...cardume.nodeArgs(['get', 'big.bin', '-o', '-', ...slowly])],
      { cwd: cardume.folder, env: cardume.env },
    );
    const sdk = connect({ index: indexAddress });
    closings.push(() => sdk.close());
    const got = sdk.get('big.bin', { folder: path('sdk'), maxBytesPerSecond: 4_000_000 });
    got.catch(() => undefined);
    await until('each to have some of it', () => gets.every(({ stdout }) => progressOf(stdout) > 2_000_000));
    const getting = keepGetting();
    let [first, second] = [one, two];
    const downloads = [...gets, many, streamed];
    let stops = 0;
    // A machine that has much else to do may not come to all of them.
    for (; stops < 3 && downloads.every(({ end }) => end === undefined); stops += 1) {
      await stop(first);
      const again = await startShare(first.name, first.address);
      expect(again.peerId).toBe(first.peerId);
      [first, second] = [second, again];
    }
    expect(stops).toBeGreaterThan(1);
    expect(await getting.end()).toBeGreaterThan(1);

    await Promise.all([...gets, many].map(endWell));
    for (const folder of ['a', 'b', 'c']) expect(readFileSync(path(folder, 'big.bin')).equals(content)).toBe(true);
    for (const [name, bytes] of smallFiles) expect(readFileSync(path('d', 'many', name)).equals(bytes)).toBe(true);
    const { sources } = await got;
    const asked = sources.map(({ address }) => formatAddress(address));
    expect(asked).toEqual(expect.arrayContaining([one.address, two.address]));
    expect(readFileSync(path('sdk', 'big.bin')).equals(content)).toBe(true);
    await streamed.waitForEnd();
    expect({ stdout: streamed.stdout, stderr: streamed.stderr }).toEqual({
      stdout: 'codes 0 0\n',
      stderr: expect.not.stringMatching(/cardume:|differ|EOF|cannot|none of its holders/),
    });
    await Promise.all([first, second].map((share) => stop(share)));
  }, 120_000);

  test('is waited for when nobody else has the file, and found again also at another port', async () => {
    let lone = await startShare('lone');
    const get = cardume.start(['get', 'rare.bin', '-o', 'lonely', '--json', '--wait', '30s', ...slowly]);
    for (const listen of [lone.address, '127.0.0.1:0']) {
      const before = progressOf(get.stdout);
      await until('some of it to come', () => progressOf(get.stdout) > before + 2_000_000);
      await stop(lone);
      lone = await startShare('lone', listen);
    }
    await endWell(get);
    expect(readFileSync(path('lonely', 'rare.bin')).equals(content.subarray(4))).toBe(true);
    await stop(lone);
  }, 120_000);
});
