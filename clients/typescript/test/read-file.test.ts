// A file that is read in order while it comes: real servers, some of which are slow, lie or die, and readers that are slow or
// leave.
import { readdir, readlink, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { until } from '../../../tests/support/until.ts';
import { connect, type DownloadProgress, PeerPool, type ReadOptions, type ReadResult } from '../src/index.ts';
import { type ReadFileInit, readFile } from '../src/read-file.ts';
import { patternBytes } from './support/pattern.ts';
import { type Script, type ScriptedHolder, startScriptedHolder } from './support/scripted-holder.ts';

const mib = 1024 * 1024;
const ringBytes = 64 * mib;
const holders: ScriptedHolder[] = [];
const pools: PeerPool[] = [];
/** Larger than the ring. */
let content: Buffer;

beforeAll(() => {
  content = patternBytes(100 * mib + 12_345);
});

afterEach(async () => {
  for (const pool of pools.splice(0)) pool.close();
  await Promise.all(holders.splice(0).map((holder) => holder.stop()));
});

async function start(script?: Script, bytes = content): Promise<ScriptedHolder> {
  const holder = await startScriptedHolder(bytes, script);
  holders.push(holder);
  return holder;
}

function read(from: readonly ScriptedHolder[], change: Partial<ReadFileInit> = {}) {
  const [first] = from;
  if (first === undefined) throw new Error('no holder');
  const peers = new PeerPool();
  pools.push(peers);
  return readFile({
    digest: first.manifest.digest,
    sizeBytes: first.manifest.sizeBytes,
    name: 'file.bin',
    holders: async () => from.map(({ holder }) => holder),
    holderWaitMs: 2_000,
    peers,
    onLiar: () => undefined,
    signal: new AbortController().signal,
    ...change,
  });
}

/** Reads on, and compares each byte with the file's own; gives how many came. */
async function compare(bytes: AsyncIterable<Uint8Array>, expected = content, onRead?: (at: number) => unknown) {
  let at = 0;
  for await (const part of bytes) {
    if (!expected.subarray(at, at + part.length).equals(part)) throw new Error(`other bytes came at ${at}`);
    at += part.length;
    await onRead?.(at);
  }
  return at;
}

/** A holder that lets so many bytes through in a second. */
function slow(bytesPerSecond: number): Script {
  return {
    chunk: async (chunk) => {
      await new Promise((resolve) => setTimeout(resolve, (chunk.length * 1_000) / bytesPerSecond));
      return chunk;
    },
  };
}

/** Up to where holders were asked. */
function askedBytes(from: readonly ScriptedHolder[]): number {
  const requests = from.flatMap(({ downloads }) => downloads);
  return Math.max(...requests.map(({ readOffset, readLimit }) => readOffset + readLimit));
}

/** The sizes of the files without a name that this process has open. */
async function openRings(): Promise<number[]> {
  const sizes: number[] = [];
  for (const fd of await readdir('/proc/self/fd')) {
    const path = `/proc/self/fd/${fd}`;
    const target = await readlink(path).catch(() => '');
    if (/cardume-[0-9a-f-]{36} \(deleted\)$/.test(target)) sizes.push((await stat(path)).size);
  }
  return sizes;
}

describe('a file that is read in order', () => {
  test('is the very bytes, from all who have it at once, and what they did is told at the end', async () => {
    let result: ReadResult | undefined;
    const from = [await start(), await start()];
    const onDone = (done: ReadResult): void => {
      result = done;
    };
    expect(await compare(read(from, { onDone }))).toBe(content.length);
    expect(result).toMatchObject({ name: 'file.bin', sizeBytes: content.length, digest: from[0]?.manifest.digest });
    const verified = result?.sources.map(({ verifiedBytes }) => verifiedBytes) ?? [];
    expect(verified).toHaveLength(2);
    expect(Math.min(...verified)).toBeGreaterThan(0);
    expect(verified.reduce((sum, bytes) => sum + bytes, 0)).toBe(content.length);
  });

  test.each([0, 1, 16_385, mib - 1, mib, mib + 1])('may have %d bytes', async (sizeBytes) => {
    const bytes = content.subarray(0, sizeBytes);
    expect(await compare(read([await start({}, bytes)]), bytes)).toBe(sizeBytes);
  });

  test('comes without a wrong byte when one of its holders serves wrong ones', async () => {
    const liars: number[] = [];
    const liar = await start({
      chunk: (chunk, at) => {
        if (at > 2 * mib) chunk[0] = (chunk[0] ?? 0) ^ 1;
        return chunk;
      },
    });
    const from = [liar, await start(slow(60 * mib))];
    expect(await compare(read(from, { onLiar: ({ port }) => void liars.push(port) }))).toBe(content.length);
    expect(liars).toEqual([liar.holder.port]);
  });

  test('comes on when one of its holders dies in the middle', async () => {
    const [dying, other] = [await start(slow(40 * mib)), await start(slow(40 * mib))];
    const stopAt = (at: number): unknown => (at >= 10 * mib && at < 11 * mib ? dying.stop() : undefined);
    expect(await compare(read([dying, other]), content, stopAt)).toBe(content.length);
  });

  test('comes on when one of its holders says nothing any more: another one brings what it holds', async () => {
    const stopped = await start({
      chunk: async (chunk, offset, signal) => {
        if (offset > 5 * mib) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return chunk;
      },
    });
    expect(await compare(read([stopped, await start(slow(60 * mib))]))).toBe(content.length);
  });

  test('ends with an error where its last holder dies, and all that came before is right', async () => {
    const dying = await start(slow(40 * mib));
    let readBytes = 0;
    const failure = await failureOf(() =>
      compare(read([dying], { holderWaitMs: 500 }), content, (at) => {
        readBytes = at;
        return at === 10 * mib ? dying.stop() : undefined;
      }),
    );
    expect(failure.reason).toBe('NO_HOLDER_LEFT');
    expect(failure.message).toContain(`it ends after ${readBytes} of ${content.length} bytes`);
    expect(readBytes).toBeGreaterThanOrEqual(10 * mib);
  });

  test('that nobody gives at all says so', async () => {
    const gone = await start();
    await gone.stop();
    const failure = await failureOf(() => compare(read([gone], { holderWaitMs: 100 })));
    expect(failure.reason).toBe('NO_HOLDER_LEFT');
    expect(failure.message).toContain(`127.0.0.1:${gone.holder.port}`);
  });
});

describe('a reader that is slow', () => {
  test('is waited for: no more is asked for than has room, and nobody is given up meanwhile', async () => {
    const from = [await start(), await start()];
    let progress: DownloadProgress | undefined;
    let reports = 0;
    const onProgress = (now: DownloadProgress): void => {
      progress = now;
      reports += 1;
    };
    let received = 0;
    const onDone = ({ receivedBytes }: ReadResult): void => {
      received = receivedBytes;
    };
    const bytes = read(from, { onProgress, onDone, holderWaitMs: 200 });
    await compare(bytes, content, async (at) => {
      expect(askedBytes(from)).toBeLessThanOrEqual(at + ringBytes);
      if (at !== mib) return;
      await until('the ring to be full', () => progress?.verifiedBytes === ringBytes);
      const before = reports;
      // By the clock that tells of progress, longer than a holder is waited for.
      await until('time to pass', () => reports > before + 2);
      expect(progress).toMatchObject({ phase: 'downloading', verifiedBytes: ringBytes });
      expect(askedBytes(from)).toBe(ringBytes);
      if (process.platform === 'linux') expect(await openRings()).toEqual([ringBytes]);
    });
    expect(received).toBeLessThan(content.length * 1.1);
    if (process.platform === 'linux') expect(await openRings()).toEqual([]);
  });

  test('may find its holder gone when it reads on: another one is waited for as long as ever', async () => {
    const [gone, later] = [await start(), await start()];
    let [reports, verified, reportsWhenGone] = [0, 0, Number.POSITIVE_INFINITY];
    const bytes = read([gone], {
      holders: async () => (reports > reportsWhenGone + 2 ? [gone.holder, later.holder] : [gone.holder]),
      holderWaitMs: 2_500,
      onProgress: ({ verifiedBytes }) => {
        verified = verifiedBytes;
        reports += 1;
      },
    });
    const readBytes = await compare(bytes, content, async (at) => {
      if (at !== mib) return;
      await until('the ring to be full', () => verified === ringBytes);
      const before = reports;
      await until('more time to pass than a holder is waited for', () => reports > before + 12);
      await gone.stop();
      reportsWhenGone = reports;
    });
    expect(readBytes).toBe(content.length);
  });
});

describe('a reader that leaves', () => {
  test('after some bytes frees the file, and nobody sends it anything any more', async () => {
    let sending = 0;
    const holder = await start({
      chunk: async (chunk, offset, signal) => {
        if (offset < 2 * mib) return chunk;
        sending += 1;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        sending -= 1;
        return chunk;
      },
    });
    for await (const part of read([holder])) {
      expect(part.length).toBe(mib);
      await until('a holder to be in the middle of something', () => sending > 0);
      break;
    }
    await until('it to stop', () => sending === 0);
    if (process.platform === 'linux') expect(await openRings()).toEqual([]);
  });

  /** Reads what a holder gives before it says nothing any more, and waits for more. */
  async function waitForMore(signal?: AbortSignal) {
    let sending = 0;
    const holder = await start({
      listedName: 'file.bin',
      chunk: async (chunk, offset, ended) => {
        if (offset < 4 * mib) return chunk;
        sending += 1;
        await new Promise((resolve) => ended.addEventListener('abort', resolve));
        sending -= 1;
        return chunk;
      },
    });
    const cardume = connect();
    const bytes = cardume.read('file.bin', { from: holder.holder, signal });
    for (let at = 0; at < 4 * mib; at += mib) expect((await bytes.next()).value).toHaveLength(mib);
    const pending = failureOf(() => bytes.next());
    await until('a holder to be in the middle of something', () => sending > 0);
    return { cardume, bytes, pending, untilStopped: () => until('it to stop', () => sending === 0) };
  }

  test('while it waits for bytes is not kept waiting', async () => {
    const { cardume, bytes, pending, untilStopped } = await waitForMore();
    expect(await bytes.return(undefined)).toEqual({ done: true, value: undefined });
    expect((await pending).reason).toBe('CANCELLED');
    expect(await bytes.next()).toEqual({ done: true, value: undefined });
    await untilStopped();
    cardume.close();
  });

  test('by its signal gets CANCELLED', async () => {
    const stop = new AbortController();
    const { cardume, pending, untilStopped } = await waitForMore(stop.signal);
    stop.abort();
    expect((await pending).reason).toBe('CANCELLED');
    await untilStopped();
    cardume.close();
  });

  test('before it began has asked nobody for anything', async () => {
    const holder = await start({ listedName: 'file.bin' });
    const cardume = connect();
    await cardume.read('file.bin', { from: holder.holder }).return(undefined);
    expect(holder.downloads).toEqual([]);
    cardume.close();
  });
});

test('what is read in order is a stream for whoever takes one, and keeps to a rate', async () => {
  const holder = await start({ listedName: 'file.bin' }, content.subarray(0, 3 * mib));
  const cardume = connect();
  const options: ReadOptions = { from: holder.holder, maxBytesPerSecond: 6 * mib };
  const startMs = performance.now();
  const bytes = Readable.from(cardume.read('file.bin', options), { objectMode: false });
  expect(await compare(bytes, content.subarray(0, 3 * mib))).toBe(3 * mib);
  expect(performance.now() - startMs).toBeGreaterThan(200);
  cardume.close();
});
