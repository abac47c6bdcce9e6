import { pause } from './pause.ts';

/**
 * Waits for something, and says again and again that it does.
 *
 * @param beat what is said
 * @param everyMs how far apart, in milliseconds
 * @returns what the work gives
 * @throws what the work throws; the signal's reason, when it fires first: the work goes on then
 */
export async function* whileWaiting<Result, News>(
  work: Promise<Result>,
  beat: () => News,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<News, Result, undefined> {
  let settled = false;
  const settling = work.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  for (;;) {
    const over = new AbortController();
    await Promise.race([settling, pause(everyMs, AbortSignal.any([signal, over.signal]))]);
    over.abort();
    if (settled) return work;
    signal.throwIfAborted();
    yield beat();
  }
}
