import { isAbort } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { downloadsWithin, limitUploads, unlimited } from '../src/limit-uploads.ts';

const never = new AbortController().signal;
const nowMs = (): number => performance.now();
const stream = { caller: '127.0.0.1', isSmall: false };
const limit = (rate: number) => limitUploads({ all: () => rate }, nowMs);

describe('an upload limit', () => {
  test('gives turns in the order in which they were asked for', async () => {
    const pace = limit(1_000_000);
    const turns: number[] = [];
    const asked = Array.from({ length: 20 }, async (_, index) => {
      await pace.waitForTurn(10_000, stream, never);
      turns.push(index);
    });
    await Promise.all(asked);
    expect(turns).toEqual(asked.map((_, index) => index));
  });

  test('does not count what was cancelled while it waited', async () => {
    const pace = limit(1_000);
    await pace.waitForTurn(500, stream, never);
    const cancelled = new AbortController();
    // A million seconds of bytes: nobody would have a turn after them in this test.
    const waiting = pace.waitForTurn(1_000_000_000, stream, cancelled.signal);
    const next = pace.waitForTurn(1, stream, never);
    cancelled.abort();
    expect(await waiting.catch(isAbort)).toBe(true);
    await next;
  });

  test('makes chunks so short that each download has a turn every four seconds', () => {
    const pace = limit(1_000_000);
    for (const openDownloads of [1, 10, 64, 100, 1_000]) {
      const chunkBytes = pace.maxChunkBytes(openDownloads);
      expect((openDownloads * chunkBytes) / 1_000_000).toBeLessThanOrEqual(4);
      // And no shorter than that asks for.
      expect(chunkBytes).toBeGreaterThanOrEqual(Math.floor(Math.min(62_500, 4_000_000 / openDownloads)));
    }
    expect(limit(1).maxChunkBytes(1_000)).toBe(1);
    expect(limit(2 ** 40).maxChunkBytes(1)).toBe(unlimited.maxChunkBytes(1));
  });

  test('bounds the downloads to those that it has enough bytes for', () => {
    expect(downloadsWithin(1)).toBe(64);
    expect(downloadsWithin(1_000_000)).toBe(488);
    expect(1_000_000 / downloadsWithin(1_000_000)).toBeGreaterThanOrEqual(2_048);
  });
});
