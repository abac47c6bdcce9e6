import { TokenBucket } from '@cardume/client';
import { chunkSizeBytes } from './core/limits.ts';
import type { Pace } from './core/pace.ts';
import { pause } from './pause.ts';

/** Passes bytes on as fast as they come. */
export const unlimited: Pace = (chunks) => chunks;

/** With every slot taken, each download still gets bytes every four seconds, long before a reader gives it up. */
const slicesPerSecond = 16;

/**
 * Makes the pace of all downloads together. They take turns, slice by slice, and only bytes that really leave count:
 * who cancels while waiting costs the others nothing.
 *
 * @param bytesPerSecond at least 1
 * @param nowMs a clock in milliseconds that is never set back
 */
export function limitUploads(bytesPerSecond: number, nowMs: () => number): Pace {
  const bucket = new TokenBucket(bytesPerSecond, nowMs());
  const sliceBytes = Math.max(1, Math.min(chunkSizeBytes, Math.floor(bytesPerSecond / slicesPerSecond)));
  let lastTurn = Promise.resolve();

  const waitForTurn = async (bytes: number, signal: AbortSignal): Promise<void> => {
    const before = lastTurn;
    const turn = Promise.withResolvers<void>();
    lastTurn = before.then(() => turn.promise);
    try {
      await orAborted(before, signal);
      await pause(bucket.take(0, nowMs()), signal);
      signal.throwIfAborted();
      bucket.take(bytes, nowMs());
    } finally {
      turn.resolve();
    }
  };

  return async function* pace(chunks, signal) {
    for await (const chunk of chunks) {
      for (let start = 0; start < chunk.length; start += sliceBytes) {
        const slice = chunk.subarray(start, start + sliceBytes);
        await waitForTurn(slice.length, signal);
        yield slice;
      }
    }
  };
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
