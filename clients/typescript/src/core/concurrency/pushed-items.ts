/** What brings the items of {@link iteratePushed}. */
export interface Pushing {
  /** Settles when no more come. */
  readonly ended: Promise<void>;
  pause(): void;
  resume(): void;
}

/** How much may wait for who iterates before no more is taken. */
const maxWaiting = 1024 * 1024;

/**
 * Makes what is pushed something that is iterated: whoever reads slowly is waited for.
 *
 * @param start starts what pushes; `push` takes an item and how much it counts, of {@link maxWaiting} in all
 * @param onEnd called when nobody reads any more, whether all was read or not
 */
export function iteratePushed<Item, Source extends Pushing>(
  start: (push: (item: Item, counts: number) => void) => Source,
  onEnd: (source: Source) => void,
): { source: Source; items: AsyncGenerator<Item, void, undefined> } {
  const waiting: { item: Item; counts: number }[] = [];
  let waitingCount = 0;
  let wake = (): void => undefined;
  let end: { error?: unknown } | undefined;
  const source = start((item, counts) => {
    waiting.push({ item, counts });
    waitingCount += counts;
    if (waitingCount >= maxWaiting) source.pause();
    wake();
  });
  const settle = (how: { error?: unknown }): void => {
    end = how;
    wake();
  };
  source.ended.then(
    () => settle({}),
    (error: unknown) => settle({ error }),
  );
  const items = async function* (): AsyncGenerator<Item, void, undefined> {
    try {
      for (;;) {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          waitingCount -= next.counts;
          yield next.item;
        }
        // What was kept while it was paused comes at once.
        source.resume();
        if (waiting.length > 0) continue;
        if (end !== undefined) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if ('error' in end) throw end.error;
    } finally {
      onEnd(source);
    }
  };
  return { source, items: items() };
}
