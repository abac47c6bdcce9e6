/**
 * Passes a stream on until a signal fires.
 *
 * @throws the signal's reason, also while the next item is being waited for
 */
export async function* untilAborted<Item>(
  items: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await nextUntilAborted(iterator, signal);
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    // Not awaited: after an abort it may wait for an item that never comes. Its own failure is nobody's any more.
    iterator.return?.().catch(() => {});
  }
}

/** A listener for each item, since what races against one long-lived promise is kept until that one settles. */
function nextUntilAborted<Item>(iterator: AsyncIterator<Item>, signal: AbortSignal): Promise<IteratorResult<Item>> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<Item>>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  iterator.next().then(resolve, reject);
  return promise.finally(() => signal.removeEventListener('abort', abort));
}
