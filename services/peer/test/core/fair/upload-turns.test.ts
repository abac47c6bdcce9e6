import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FairOrder } from '../../../src/core/fair/fair-order.ts';
import { UploadTurns, type WaitingChunk } from '../../../src/core/fair/upload-turns.ts';

/** A stream that has its next chunk waiting as soon as one has left. */
interface Stream {
  caller: string;
  isSmall: boolean;
  chunkBytes: number;
  /** How much of it is left. */
  restBytes: number;
  sentBytes: number;
  endMs: number | undefined;
}

function stream(caller: string, restBytes: number, { isSmall = false, chunkBytes = 64 * 1024 } = {}): Stream {
  return { caller, isSmall, chunkBytes, restBytes, sentBytes: 0, endMs: undefined };
}

interface Rates {
  all?: number;
  each?: number;
}

/** Lets streams leave until a time. */
function simulate(streams: readonly Stream[], { all, each }: Rates, untilMs: number): void {
  const rates = {
    all: all === undefined ? undefined : () => all,
    each: each === undefined ? undefined : () => each,
  };
  const turns = new UploadTurns<WaitingChunk & { stream: Stream }>(rates, 0);
  const offer = (from: Stream): void => {
    if (from.restBytes === 0) return;
    const { caller, isSmall, chunkBytes, restBytes } = from;
    turns.add({ caller, isSmall, bytes: Math.min(chunkBytes, restBytes), stream: from });
  };
  for (const each of streams) offer(each);
  for (let nowMs = 0; nowMs < untilMs; ) {
    const next = turns.next(nowMs);
    if (next === undefined) return;
    if ('waitMs' in next) {
      nowMs += Math.max(next.waitMs, 0.001);
      continue;
    }
    const { stream: sent, bytes } = next.chunk;
    sent.sentBytes += bytes;
    sent.restBytes -= bytes;
    if (sent.restBytes === 0) sent.endMs = nowMs;
    offer(sent);
  }
}

const endless = 2 ** 40;
const mib = 1024 * 1024;

describe('turns at an upload limit', () => {
  test.each([1e6, 1e7, 1e8])('keep to %d bytes a second within 5 %%, together and for each', (rate) => {
    const streams = Array.from({ length: 7 }, (_, index) =>
      stream(`c${index % 3}`, endless, { chunkBytes: rate / 16 }),
    );
    simulate(streams, { all: rate }, 10_000);
    const bytes = streams.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    expect(Math.abs(bytes / 10 / rate - 1)).toBeLessThan(0.05);

    const limited = Array.from({ length: 7 }, (_, index) =>
      stream(`c${index % 3}`, endless, { chunkBytes: rate / 16 }),
    );
    simulate(limited, { each: rate }, 10_000);
    for (const caller of ['c0', 'c1', 'c2']) {
      const own = limited.filter((one) => one.caller === caller).reduce((sum, { sentBytes }) => sum + sentBytes, 0);
      expect(Math.abs(own / 10 / rate - 1)).toBeLessThan(0.05);
    }
  });

  test('give each caller the same, whatever number of streams it has', () => {
    const streams = [stream('a', endless), ...Array.from({ length: 9 }, () => stream('b', endless))];
    simulate(streams, { all: 1e7 }, 10_000);
    const [a, ...b] = streams.map(({ sentBytes }) => sentBytes);
    expect((a ?? 0) / b.reduce((sum, bytes) => sum + bytes, 0)).toBeCloseTo(1, 1);
    // And each of its streams the same of it.
    expect(Math.max(...b) - Math.min(...b)).toBeLessThanOrEqual(64 * 1024);
  });

  test('bring a file of 1 MiB in time beside a thousand of 1 TiB', () => {
    const large = Array.from({ length: 1_000 }, (_, index) => stream(`c${index}`, endless, { chunkBytes: 4_000 }));
    const small = stream('one', mib, { isSmall: true, chunkBytes: 4_000 });
    simulate([...large, small], { all: 1e6 }, 10_000);
    // Three quarters of a megabyte a second.
    expect(small.endMs).toBeLessThan((mib / 750_000) * 1_000 * 1.1);
  });

  test('starve nobody: large ones have a quarter beside small ones without end, and so has what waits of each caller', () => {
    const caller = fc.record({
      streams: fc.integer({ min: 1, max: 4 }),
      isSmall: fc.boolean(),
      chunk: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(caller, { minLength: 1, maxLength: 12 }), (callers) => {
        const streams = callers.flatMap(({ streams: count, isSmall, chunk }, index) =>
          Array.from({ length: count }, () => stream(`c${index}`, endless, { isSmall, chunkBytes: chunk * 1_000 })),
        );
        simulate(streams, { all: 1e6 }, 30_000);
        const bytesOf = (some: readonly Stream[]): number => some.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
        const [small, large] = [streams.filter(({ isSmall }) => isSmall), streams.filter(({ isSmall }) => !isSmall)];
        if (small.length > 0 && large.length > 0) {
          expect(bytesOf(large) / bytesOf(streams)).toBeGreaterThan(0.23);
          expect(bytesOf(small) / bytesOf(streams)).toBeGreaterThan(0.72);
        }
        for (const some of [small, large]) {
          const perCaller = [...Map.groupBy(some, (one) => one.caller).values()].map(bytesOf);
          // No two of them are further apart than two of the longest chunks.
          expect(Math.max(0, ...perCaller) - Math.min(...perCaller, Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(
            120_000,
          );
        }
      }),
      { numRuns: 20 },
    );
  });

  test('pass over a caller that has had its own part, and let no other wait for it', () => {
    const [slow, fast] = [
      stream('slow', endless, { chunkBytes: 1_000 }),
      stream('fast', endless, { chunkBytes: 1_000 }),
    ];
    simulate([slow, fast], { all: 1e6, each: 1e5 }, 5_000);
    for (const { sentBytes } of [slow, fast]) expect(Math.abs(sentBytes / 5 / 1e5 - 1)).toBeLessThan(0.05);
  });

  test('are over for what was taken back', () => {
    const turns = new UploadTurns({ all: () => 1_000 }, 0);
    const [first, second] = [1, 2].map((bytes) => ({ caller: 'a', isSmall: false, bytes }));
    if (first === undefined || second === undefined) throw new Error('there are two');
    turns.add(first);
    turns.add(second);
    turns.remove(first);
    turns.remove(first);
    expect(turns.next(0)).toEqual({ chunk: second });
    expect(turns.next(0)).toBeUndefined();
  });

  test('do not wait for minutes for a chunk that was cut while there was no limit', () => {
    const turns = new UploadTurns({ all: () => 1_000 }, 0);
    const [stale, next] = [mib, 10].map((bytes) => ({ caller: 'a', isSmall: false, bytes }));
    if (stale === undefined || next === undefined) throw new Error('there are two');
    turns.add(stale);
    turns.add(next);
    expect(turns.next(0)).toEqual({ chunk: stale });
    expect(turns.next(0)).toEqual({ waitMs: 4_000 });
  });
});

test('who was away has no claim to what it did not take', () => {
  const order = new FairOrder<{ caller: string; bytes: number }>();
  const take = (): string | undefined => {
    const item = order.first(() => true);
    if (item !== undefined) order.take(item);
    return item?.caller;
  };
  for (let index = 0; index < 100; index++) order.add({ caller: 'steady', bytes: 1 });
  for (let index = 0; index < 50; index++) expect(take()).toBe('steady');
  for (let index = 0; index < 50; index++) order.add({ caller: 'late', bytes: 1 });
  const next = Array.from({ length: 20 }, take);
  expect(next.filter((caller) => caller === 'late')).toHaveLength(10);
  // Those who wait for nothing are forgotten.
  for (let index = 0; index < 1_000; index++) order.add({ caller: `c${index}`, bytes: 1 });
  while (order.size > 0) take();
  expect(order.first(() => true)).toBeUndefined();
});
