/**
 * Does something with each of many items, so many at once, and gives the results as they come.
 *
 * When whoever reads stops, no more are begun, and those under way are waited for.
 *
 * @param action never throws: what it has to say is its result
 */
export async function* mapConcurrently<Item, Result>(
  items: Iterable<Item>,
  maxAtOnce: number,
  action: (item: Item) => Promise<NonNullable<Result>>,
): AsyncGenerator<NonNullable<Result>, void, undefined> {
  const running = new Set<Promise<void>>();
  const done: NonNullable<Result>[] = [];
  let wake = (): void => undefined;
  const begin = (item: Item): void => {
    const one = action(item).then((result) => {
      running.delete(one);
      done.push(result);
      wake();
    });
    running.add(one);
  };
  const rest = items[Symbol.iterator]();
  let exhausted = false;
  try {
    for (;;) {
      while (!exhausted && running.size < maxAtOnce) {
        const next = rest.next();
        if (next.done === true) exhausted = true;
        else begin(next.value);
      }
      const result = done.shift();
      if (result !== undefined) yield result;
      else if (running.size === 0) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    await Promise.all(running);
  }
}
