/**
 * Gives each item to `work`, one after the other, and meanwhile asks for the one after it: while the database works, the next
 * message comes and is decoded. No more than that one waits.
 *
 * @throws what `work` throws, at once, whether the next item has come or not; or what `items` throws, after the work on those
 * before it
 */
export async function eachWhileNext<Item>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  const ask = (): Promise<IteratorResult<Item>> => {
    const asked = iterator.next();
    // Looked at when its turn comes, unless the work before it fails.
    asked.catch(() => {});
    return asked;
  };
  try {
    for (let next = ask(); ; ) {
      const { done, value } = await next;
      if (done) return;
      next = ask();
      await work(value);
    }
  } finally {
    // Not waited for: an item that was asked for may never come.
    iterator.return?.().catch(() => {});
  }
}
