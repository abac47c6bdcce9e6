import { maxChunkBytes, TokenBucket } from '@cardume/client';
import { leastBytesPerSecond, leastLimitedDownloads } from './core/limits.ts';
import type { Pace } from './core/pace.ts';
import { pause } from './pause.ts';

/** Lets bytes leave as fast as they are taken. */
export const unlimited: Pace = {
  maxChunkBytes: () => maxChunkBytes,
  waitForTurn: async () => {},
};

/** How many turns there are in a second while few downloads are open. */
const turnsPerSecond = 16;
/** How long it may take until each download has had its turn: a reader gives up one that brings nothing for long. */
const roundSeconds = 4;

/**
 * Makes the pace of all downloads together. They take turns, chunk by chunk, and only bytes that really leave count:
 * who cancels while waiting costs the others nothing.
 *
 * @param bytesPerSecond at least 1
 * @param nowMs a clock in milliseconds that is never set back
 */
export function limitUploads(bytesPerSecond: number, nowMs: () => number): Pace {
  const bucket = new TokenBucket(bytesPerSecond, nowMs());
  let lastTurn = Promise.resolve();

  return {
    maxChunkBytes(openDownloads) {
      const turns = Math.max(turnsPerSecond, openDownloads / roundSeconds);
      return Math.max(1, Math.min(maxChunkBytes, Math.floor(bytesPerSecond / turns)));
    },
    async waitForTurn(chunkBytes, signal) {
      const before = lastTurn;
      const turn = Promise.withResolvers<void>();
      lastTurn = before.then(() => turn.promise);
      try {
        await orAborted(before, signal);
        await pause(bucket.take(0, nowMs()), signal);
        signal.throwIfAborted();
        bucket.take(chunkBytes, nowMs());
      } finally {
        turn.resolve();
      }
    },
  };
}

/**
 * How many downloads can share an upload limit: with more of them, each would get so little that its reader gives it up.
 */
export function downloadsWithin(bytesPerSecond: number): number {
  return Math.max(leastLimitedDownloads, Math.floor(bytesPerSecond / leastBytesPerSecond));
}

/** Waits for a promise that never rejects, or for the signal. */
async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = (): void => resolve();
  signal.addEventListener('abort', abort);
  try {
    if (!signal.aborted) await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
