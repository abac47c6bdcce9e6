import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CardumeError, messageOf } from '@cardume/client/errors';
import { longestLogPages } from './checkpointer.ts';
import { type Database, wrapDatabase } from './database.ts';
import { lockDatabase } from './lock-database.ts';
import { applicationId, migrations } from './schema.ts';

/**
 * How much of the file is read where the system has it in memory, without a copy into SQLite's cache: what a search for a common
 * word reads lies all over the file. It is the system's to take back.
 */
export const mappedBytes = 2 ** 31;

/** SQLite's primary result codes that say something to an operator. */
const sqliteBusy = 5;
const sqliteNotADatabase = 26;

/**
 * Opens an index's database, and makes it when there is none.
 *
 * This process holds the file for itself, as far as indexes go: two on one file would each end the other's leases. The log that
 * it writes is put into the database by a `Checkpointer`.
 *
 * @param file a path, or `:memory:`
 * @throws CardumeError INVALID_FIELD when the file cannot be used: it is another program's, of a newer version, held by
 * another process, or not to be written
 */
export function openDatabase(file: string): Database {
  let connection: DatabaseSync | undefined;
  let lock: DatabaseSync | undefined;
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    connection = new DatabaseSync(file);
    connection.exec('PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536');
    connection.exec(`PRAGMA mmap_size = ${mappedBytes}; PRAGMA wal_autocheckpoint = ${longestLogPages}`);
    if (file !== ':memory:') lock = lockDatabase(file);
    prepareSchema(connection, file);
    return wrapDatabase(connection, lock);
  } catch (error) {
    connection?.close();
    lock?.close();
    throw CardumeError.is(error) ? error : databaseError(file, openingProblem(error), error);
  }
}

function prepareSchema(connection: DatabaseSync, file: string): void {
  const foundId = pragma(connection, 'application_id');
  const foundVersion = pragma(connection, 'user_version');
  const empty = connection.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  if (foundId !== applicationId && !(empty && foundId === 0 && foundVersion === 0)) {
    throw databaseError(file, "is another program's database; name a file of the index's own");
  }
  if (foundVersion > migrations.length) {
    throw databaseError(file, 'was made by a newer version of the index; run that one, or name another file');
  }
  // Only now, since these write. In WAL mode a crash loses nothing that was committed; with synchronous = NORMAL a power
  // failure may lose the last moments, and then peers join again.
  connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  connection.exec('BEGIN EXCLUSIVE');
  for (const migration of migrations.slice(foundVersion)) connection.exec(migration);
  connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
  connection.exec('COMMIT');
}

function pragma(connection: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(connection.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function openingProblem(error: unknown): string {
  const result = typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (result === sqliteBusy) return 'is used by another process, perhaps another index; stop that one, or name another';
  if (result === sqliteNotADatabase) return "is no SQLite database; name a file of the index's own";
  return `cannot be used: ${messageOf(error)}`;
}

function databaseError(file: string, problem: string, cause?: unknown): CardumeError {
  const description = `${file} ${problem}`;
  return new CardumeError('INVALID_FIELD', `--database: ${description}`, {
    metadata: { field: '--database' },
    fieldViolations: [{ field: '--database', description }],
    ...(cause === undefined ? {} : { cause }),
  });
}
