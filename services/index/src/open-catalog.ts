import { messageOf } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import { nowMs } from './adapters/clock.ts';
import { searchInCatalog } from './adapters/search-in-catalog.ts';
import type { Catalog } from './core/catalog.ts';
import type { Searcher } from './core/search/searcher.ts';
import type { DatabaseLocation } from './parse-database.ts';

/** A catalog, what searches it, and the clock by which its leases are measured. */
export interface OpenedCatalog {
  catalog: Catalog;
  searcher: Searcher;
  /** Milliseconds since 1970, by a clock that does not jump. */
  nowMs: () => number;
  /** Closes all of it. */
  close(): Promise<void>;
}

/**
 * Opens the database of an index. Only the engine that it is of is loaded.
 *
 * @throws CardumeError INVALID_FIELD when it cannot be used
 */
export async function openCatalog(location: DatabaseLocation, logger: Logger): Promise<OpenedCatalog> {
  if (location.engine === 'postgres') {
    const { waitForPostgres } = await import('./adapters/postgres/wait-for-postgres.ts');
    const { catalog, nowMs } = await waitForPostgres({ url: location.url, logger });
    return { catalog, searcher: searchInCatalog(catalog), nowMs, close: () => catalog.close() };
  }
  const { openSqliteCatalog } = await import('./adapters/sqlite/open-sqlite-catalog.ts');
  const onCheckpointFailure = (error: unknown): void =>
    logger.warn({ error: messageOf(error) }, 'the log could not be put into the database beside the calls');
  const catalog = openSqliteCatalog({ file: location.file, onCheckpointFailure });
  // A database in memory is seen by one connection only.
  if (location.file === ':memory:') {
    return { catalog, searcher: searchInCatalog(catalog), nowMs, close: () => catalog.close() };
  }
  const { SearchThreads } = await import('./adapters/sqlite/search-threads.ts');
  const onFailure = (error: unknown): void =>
    logger.error(
      { error: messageOf(error) },
      'a thread that searches has failed, and is not replaced before the next start',
    );
  const threads = new SearchThreads({ file: location.file, catalog, onFailure });
  const close = async (): Promise<void> => {
    await threads.stop();
    await catalog.close();
  };
  return { catalog, searcher: threads, nowMs, close };
}
