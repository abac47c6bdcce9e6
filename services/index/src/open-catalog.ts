import { messageOf } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import { nowMs } from './adapters/clock.ts';
import type { Catalog } from './core/catalog.ts';
import type { DatabaseLocation } from './parse-database.ts';

/** A catalog, and the clock by which its leases are measured. */
export interface OpenedCatalog {
  catalog: Catalog;
  /** Milliseconds since 1970, by a clock that does not jump. */
  nowMs: () => number;
}

/**
 * Opens the database of an index. Only the engine that it is of is loaded.
 *
 * @throws CardumeError INVALID_FIELD when it cannot be used
 */
export async function openCatalog(location: DatabaseLocation, logger: Logger): Promise<OpenedCatalog> {
  if (location.engine === 'postgres') {
    const { waitForPostgres } = await import('./adapters/postgres/wait-for-postgres.ts');
    return waitForPostgres({ url: location.url, logger });
  }
  const { openSqliteCatalog } = await import('./adapters/sqlite/open-sqlite-catalog.ts');
  const onCheckpointFailure = (error: unknown): void =>
    logger.warn({ error: messageOf(error) }, 'the log could not be put into the database beside the calls');
  return { catalog: openSqliteCatalog({ file: location.file, onCheckpointFailure }), nowMs };
}
