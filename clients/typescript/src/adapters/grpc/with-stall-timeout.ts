import { CardumeError } from '../../errors/cardume-error.ts';
import { StallWatch } from './stall-watch.ts';

/** What {@link withStallTimeout} watches for. */
export interface StallInit {
  /** For how long nothing may come, in milliseconds. The consumer's own time does not count. */
  timeoutMs: number;
  /** For how long the first item may take, in milliseconds. Default: `timeoutMs`. */
  firstMs?: number | undefined;
  /** The caller's own wish to end the stream. */
  signal: AbortSignal | undefined;
}

/**
 * Passes on what a stream of messages brings, and gives the stream up when none comes: see {@link StallWatch}. Each message
 * counts, whatever its size: their number is for the consumer to bound.
 *
 * @param call begins the stream; its signal fires when the caller wishes, or too little comes
 * @throws CardumeError TIMED_OUT
 */
export async function* withStallTimeout<Item>(
  call: (options: { signal: AbortSignal }) => AsyncIterable<Item>,
  { timeoutMs, firstMs = timeoutMs, signal }: StallInit,
): AsyncGenerator<Item, void, undefined> {
  const stall = new AbortController();
  const both = signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal]);
  let limitMs = firstMs;
  const startWatch = (): StallWatch =>
    new StallWatch({ timeoutMs: limitMs, enoughBytes: 1, onStall: () => stall.abort(tooLittle(limitMs)) });
  let watch = startWatch();
  try {
    for await (const item of call({ signal: both })) {
      if (limitMs === timeoutMs) {
        watch.came(1);
      } else {
        watch.stop();
        limitMs = timeoutMs;
        watch = startWatch();
      }
      watch.pause();
      yield item;
      watch.resume();
    }
  } catch (error) {
    if (!stall.signal.aborted) throw error;
    throw tooLittle(limitMs, error);
  } finally {
    watch.stop();
  }
}

function tooLittle(ms: number, cause?: unknown): CardumeError {
  return new CardumeError('TIMED_OUT', `too little came for ${ms / 1_000} s`, { cause });
}
