/**
 * Does something with each of many items, so many at once.
 *
 * When one fails, no more are begun, those under way are waited for, and the first failure is thrown.
 */
export async function forEachConcurrently<Item>(
  items: Iterable<Item>,
  maxAtOnce: number,
  action: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let failure: { error: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && failure === undefined; next = rest.next()) {
      try {
        await action(next.value);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: maxAtOnce }, work));
  if (failure !== undefined) throw (failure as { error: unknown }).error;
}
