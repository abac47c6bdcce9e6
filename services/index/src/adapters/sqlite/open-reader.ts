import { DatabaseSync } from 'node:sqlite';
import type { SearchableCatalog } from '../../core/rights/view-for-user.ts';
import { withStorageErrors } from '../storage-errors.ts';
import { createSearches } from './create-searches.ts';
import { wrapDatabase } from './database.ts';
import { mappedBytes } from './open-database.ts';
import { sqliteFailureOf } from './sqlite-failure.ts';

/** A catalog that is only searched. */
export interface CatalogReader {
  catalog: SearchableCatalog;
  close(): void;
}

/** Its own cache is for what is beyond the mapped part of the file, or still in the log. */
const cachedKiB = 16_384;

/** Opens an index's database once more, in another thread of the process that has it open. */
export function openReader(file: string): CatalogReader {
  const connection = new DatabaseSync(file, { readOnly: true });
  connection.exec(`PRAGMA temp_store = MEMORY; PRAGMA cache_size = -${cachedKiB}; PRAGMA mmap_size = ${mappedBytes}`);
  const database = wrapDatabase(connection);
  return { catalog: withStorageErrors(createSearches(database), sqliteFailureOf), close: () => database.close() };
}
