import { chmod, mkdir, open, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CardumeError, messageOf, printable } from '@cardume/client';
import { errnoText } from './errno-text.ts';

const fileName = 'peer.db';
/** What leads from each version of the schema to the next; an empty database has version 0. */
const migrations = [
  `
  CREATE TABLE identity (peer_id TEXT NOT NULL) STRICT;
  CREATE TABLE leases (index_target TEXT PRIMARY KEY, lease_secret TEXT NOT NULL) STRICT;
  CREATE TABLE digests (
    path TEXT PRIMARY KEY,
    stamp TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    digest TEXT NOT NULL,
    piece_length_bytes INTEGER NOT NULL,
    piece_hashes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX digests_by_digest ON digests (digest);
  `,
  // Digests are as good as random: the index on them made each insert write a page of its own.
  // pieces: what is hashed of files that are not hashed as a whole yet.
  `
  DROP INDEX digests_by_digest;
  CREATE TABLE pieces (
    path TEXT NOT NULL,
    first_piece INTEGER NOT NULL,
    stamp TEXT NOT NULL,
    piece_length_bytes INTEGER NOT NULL,
    piece_hashes BLOB NOT NULL,
    PRIMARY KEY (path, first_piece)
  ) STRICT;
  `,
];

/** The real paths of the files that a state folder's database is made of; none without one. The folder must be there. */
export async function stateFiles(stateFolder: string | undefined): Promise<string[]> {
  if (stateFolder === undefined) return [];
  const folder = await realpath(stateFolder);
  return ['', '-wal', '-shm', '-journal'].map((suffix) => join(folder, fileName + suffix));
}

/**
 * Opens the database of a peer's state, and makes it when there is none. Nobody but its owner may read it, since it
 * holds the secret of the lease; and no two processes use it, since each would claim to be the same peer.
 *
 * @param stateFolder undefined: in memory, and gone when it is closed
 * @throws CardumeError INVALID_FIELD when another process uses the folder, LOCAL_IO_FAILED when it cannot be used
 */
export async function openState(stateFolder: string | undefined): Promise<DatabaseSync> {
  if (stateFolder === undefined) {
    const database = new DatabaseSync(':memory:');
    prepare(database);
    return database;
  }
  const path = join(resolve(stateFolder), fileName);
  try {
    await mkdir(resolve(stateFolder), { recursive: true, mode: 0o700 });
    const handle = await open(path, 'a', 0o600);
    await handle.close();
    await chmod(path, 0o600);
  } catch (cause) {
    throw new CardumeError('LOCAL_IO_FAILED', `state folder ${printable(stateFolder)}: ${errnoText(cause)}`, { cause });
  }
  const database = new DatabaseSync(path);
  try {
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    throw stateError(stateFolder, error);
  }
}

function prepare(database: DatabaseSync): void {
  // The lock is taken by the first write and kept until the end; a killed process gives it back.
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('BEGIN EXCLUSIVE');
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version > migrations.length) throw new Error(`it was written by a later version of this program (${version})`);
  for (const migration of migrations.slice(version)) database.exec(migration);
  database.exec(`PRAGMA user_version = ${migrations.length}`);
  database.exec('COMMIT');
}

function stateError(stateFolder: string, cause: unknown): CardumeError {
  const folder = printable(resolve(stateFolder));
  if (messageOf(cause).includes('locked')) {
    return new CardumeError(
      'INVALID_FIELD',
      `--state: ${folder} is in use by another peer; stop that one, or give this one a state folder of its own`,
      { metadata: { field: '--state' }, cause },
    );
  }
  return new CardumeError(
    'LOCAL_IO_FAILED',
    `state folder ${folder}: ${fileName} cannot be used: ${messageOf(cause)}; remove it to begin anew: files are hashed again, and this peer gets a new id`,
    { cause },
  );
}
