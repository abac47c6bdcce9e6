import { CardumeError } from '../../errors/cardume-error.ts';

/** What {@link withStallTimeout} watches for. */
export interface StallInit<Item> {
  /** For how long too little may come, in milliseconds. The consumer's own time, a slow disk say, does not count. */
  timeoutMs: number;
  /** How much is enough, in the unit of `sizeOf`, for the time to begin anew: a trickle is no progress. */
  enough: number;
  sizeOf: (item: Item) => number;
  /** Ends the stream; called once, when the time is over. */
  giveUp: () => void;
}

/**
 * Passes on what a stream brings, and gives the stream up when too little comes: a peer that is stopped, or behind a
 * broken path, keeps its connection and says nothing for ever; a hostile one sends a byte now and then.
 *
 * @throws CardumeError TIMED_OUT
 */
export async function* withStallTimeout<Item>(
  stream: AsyncIterable<Item>,
  { timeoutMs, enough, sizeOf, giveUp }: StallInit<Item>,
): AsyncGenerator<Item, void, undefined> {
  let stalled = false;
  let leftMs = timeoutMs;
  let came = 0;
  let armedMs = 0;
  const arm = (): NodeJS.Timeout => {
    armedMs = performance.now();
    return setTimeout(() => {
      stalled = true;
      giveUp();
    }, leftMs);
  };
  let timer = arm();
  try {
    for await (const item of stream) {
      clearTimeout(timer);
      came += sizeOf(item);
      leftMs = Math.max(0, leftMs - (performance.now() - armedMs));
      if (came >= enough) {
        came = 0;
        leftMs = timeoutMs;
      }
      yield item;
      timer = arm();
    }
  } catch (error) {
    if (!stalled) throw error;
    throw new CardumeError('TIMED_OUT', `too little came for ${timeoutMs / 1000} s`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
