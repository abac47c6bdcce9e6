import { CardumeError } from '../../errors/cardume-error.ts';
import { StallWatch } from './stall-watch.ts';

/** What {@link withStallTimeout} watches for. */
export interface StallInit {
  /** For how long nothing may come, in milliseconds. The consumer's own time does not count. */
  timeoutMs: number;
  /** Ends the stream; called once, when the time is over. */
  giveUp: () => void;
}

/**
 * Passes on what a stream of messages brings, and gives the stream up when none comes: see {@link StallWatch}. Each message
 * counts, whatever its size: their number is for the consumer to bound.
 *
 * @throws CardumeError TIMED_OUT
 */
export async function* withStallTimeout<Item>(
  stream: AsyncIterable<Item>,
  { timeoutMs, giveUp }: StallInit,
): AsyncGenerator<Item, void, undefined> {
  let stalled = false;
  const onStall = (): void => {
    stalled = true;
    giveUp();
  };
  const watch = new StallWatch({ timeoutMs, enoughBytes: 1, onStall });
  try {
    for await (const item of stream) {
      watch.came(1);
      watch.pause();
      yield item;
      watch.resume();
    }
  } catch (error) {
    if (!stalled) throw error;
    throw new CardumeError('TIMED_OUT', `too little came for ${timeoutMs / 1000} s`, { cause: error });
  } finally {
    watch.stop();
  }
}
