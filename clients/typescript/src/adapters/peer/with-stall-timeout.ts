import { CardumeError } from '../../errors/cardume-error.ts';

/**
 * Passes on what a stream brings, and gives the stream up when nothing comes for a while: a peer that is stopped, or
 * behind a broken path, keeps its connection and says nothing for ever.
 *
 * @param giveUp ends the stream; called once, when the time is over
 * @throws CardumeError TIMED_OUT
 */
export async function* withStallTimeout<Item>(
  stream: AsyncIterable<Item>,
  timeoutMs: number,
  giveUp: () => void,
): AsyncGenerator<Item, void, undefined> {
  let stalled = false;
  const arm = (): NodeJS.Timeout =>
    setTimeout(() => {
      stalled = true;
      giveUp();
    }, timeoutMs);
  let timer = arm();
  try {
    for await (const item of stream) {
      // The consumer's own time, a slow disk say, is not the peer's fault.
      clearTimeout(timer);
      yield item;
      timer = arm();
    }
  } catch (error) {
    if (!stalled) throw error;
    throw new CardumeError('TIMED_OUT', `nothing came for ${timeoutMs / 1000} s`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
