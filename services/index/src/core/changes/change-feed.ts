import type { Catalog } from '../catalog.ts';
import type { ChangePage } from './change.ts';

/** Gives changes to all who follow the log, however far each has come. */
export interface ChangeFeed {
  /**
   * The changes after a position, as soon as there are any; empty when `timeoutMs` passes without. Followers at the same
   * position are given the same page, read once.
   */
  next(position: number, timeoutMs: number, signal: AbortSignal): Promise<ChangePage>;
  /** Wakes all who wait, and takes no more notice of changes. */
  close(): Promise<void>;
}

/** Makes a feed. */
export async function createChangeFeed(
  catalog: Pick<Catalog, 'changesAfter' | 'onChanges'>,
  after: (delayMs: number, task: () => void) => () => void,
): Promise<ChangeFeed> {
  let news = Promise.withResolvers<void>();
  let lastRead: { position: number; page: Promise<ChangePage> } | undefined;
  const wakeAll = (): void => {
    lastRead = undefined;
    news.resolve();
    news = Promise.withResolvers();
  };
  const stopListening = await catalog.onChanges(wakeAll);

  const read = (position: number): Promise<ChangePage> => {
    if (lastRead?.position === position) return lastRead.page;
    const page = catalog.changesAfter(position);
    lastRead = { position, page };
    // What failed is tried again by who asks next.
    page.catch(() => {
      if (lastRead?.page === page) lastRead = undefined;
    });
    return page;
  };
  return {
    async next(position, timeoutMs, signal) {
      // Before reading, so that what comes meanwhile is not missed.
      const woken = news.promise;
      const page = await read(position);
      if (page.changes?.length !== 0) return page;
      await new Promise<void>((resolve) => {
        const cancel = after(timeoutMs, resolve);
        const end = (): void => {
          cancel();
          signal.removeEventListener('abort', end);
          resolve();
        };
        signal.addEventListener('abort', end);
        if (signal.aborted) end();
        void woken.then(end);
      });
      signal.throwIfAborted();
      return read(position);
    },
    async close() {
      await stopListening();
      wakeAll();
    },
  };
}
