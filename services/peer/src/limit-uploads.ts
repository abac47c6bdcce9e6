import { maxChunkBytes } from '@cardume/client';
import { type UploadRates, UploadTurns, type WaitingChunk } from './core/fair/upload-turns.ts';
import { leastBytesPerSecond, leastLimitedDownloads, maxChunkTurnMs } from './core/limits.ts';
import type { Pace } from './core/pace.ts';

/** Lets bytes leave as fast as they are taken. */
export const unlimited: Pace = {
  maxChunkBytes: () => maxChunkBytes,
  waitForTurn: async () => {},
};

/** How many turns there are in a second while few downloads are open. */
const turnsPerSecond = 16;
/** How long it may take until each download has had its turn: a reader gives up one that brings nothing for long. */
const roundSeconds = maxChunkTurnMs / 1_000;
/** Node fires timers of less than this after it. */
const leastTimerMs = 1;

/**
 * Makes the pace of all downloads together, and of each caller. They take turns, chunk by chunk, as {@link UploadTurns} says; only
 * bytes that really leave count.
 *
 * @param rates at least 1 byte a second where there is a bound
 * @param nowMs a clock in milliseconds that is never set back
 */
export function limitUploads(rates: UploadRates, nowMs: () => number): Pace {
  const turns = new UploadTurns<WaitingChunk & { leave: () => void }>(rates, nowMs());
  let timer: NodeJS.Timeout | undefined;

  const run = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (let next = turns.next(nowMs()); next !== undefined; next = turns.next(nowMs())) {
      if ('chunk' in next) {
        next.chunk.leave();
      } else {
        timer = setTimeout(run, Math.max(leastTimerMs, next.waitMs));
        return;
      }
    }
  };

  return {
    maxChunkBytes(openDownloads) {
      const turnsNow = Math.max(turnsPerSecond, openDownloads / roundSeconds);
      const ofAll = (rates.all?.() ?? Number.POSITIVE_INFINITY) / turnsNow;
      const ofEach = (rates.each?.() ?? Number.POSITIVE_INFINITY) / turnsPerSecond;
      return Math.max(1, Math.min(maxChunkBytes, Math.floor(Math.min(ofAll, ofEach))));
    },
    async waitForTurn(bytes, { caller, isSmall }, signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const chunk = { bytes, caller, isSmall, leave: resolve };
      const abort = (): void => {
        turns.remove(chunk);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort);
      turns.add(chunk);
      run();
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', abort);
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
