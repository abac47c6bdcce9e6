import { lstat, mkdir, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { inBatches } from '../../core/concurrency/in-batches.ts';
import { isDigest } from '../../core/digest/digest-text.ts';
import { type LocalCopies, type LocalCopy, maxNotedCopies } from '../../core/model/local-copies.ts';
import { CardumeError, errnoOf, messageOf } from '../../errors/cardume-error.ts';

const fileName = 'copies.db';
const version = 1;
const schema = `
  CREATE TABLE copies (
    path TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    kind TEXT NOT NULL,
    modify_time_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX copies_by_digest ON copies (digest);
  PRAGMA user_version = ${version};
`;

/** How many are noted in one transaction: a few milliseconds, in which other processes wait. */
const copiesPerTransaction = 100;
/** How long this thread waits for another process's transaction, which is over sooner than that… */
const busyTimeoutMs = 100;
/** … and how often it is tried again, each time a little later. */
const maxTries = 5;
const retryMs = 50;
/** How many paths with one content are given at the most. */
const maxFound = 16;

const sqliteBusy = 5;

/** Options of {@link openCopies}. */
export interface OpenCopiesInit {
  /** The folder that it is in, of a user's state; it is made when absent, for its owner alone. */
  folder: string;
  /** Called once at the most, when it cannot be used: nothing is found from then on, and nothing noted. */
  onProblem?: ((error: CardumeError) => void) | undefined;
}

/** The catalogue of copies that the processes of a user share. */
export interface CopyCatalogue extends LocalCopies {
  /** Closes it: from then on it finds nothing. Safe to call twice. */
  close(): void;
}

/** The paths that a catalogue's files have, whether it is there or not. They are nothing to share. */
export function copiesFiles(folder: string): string[] {
  return ['', '-wal', '-shm', '-journal'].map((suffix) => join(resolve(folder), fileName + suffix));
}

/**
 * Opens the catalogue of which contents lie where on this machine, `copies.db` in a folder: one SQLite file, which any number
 * of processes use at once, and of which only its owner may read the paths. It holds 200,000 paths, and forgets those that were
 * noted first when there are more.
 *
 * Its functions never throw. It is of use and not of weight: one that is damaged or locked finds nothing.
 *
 * @example
 * ```ts
 * const copies = await openCopies({ folder: '/var/lib/my-service' });
 * await cardume.get('llama-3.gguf', { folder: 'models', copies });
 * copies.close();
 * ```
 */
export async function openCopies({ folder, onProblem }: OpenCopiesInit): Promise<CopyCatalogue> {
  const catalogue = new Catalogue(join(resolve(folder), fileName), onProblem);
  await catalogue.open();
  return catalogue;
}

interface Statements {
  find: StatementSync;
  isKnown: StatementSync;
  note: StatementSync;
  forget: StatementSync;
  forgetOldest: StatementSync;
}

class Catalogue implements CopyCatalogue {
  readonly #path: string;
  readonly #onProblem: OpenCopiesInit['onProblem'];
  #database: DatabaseSync | undefined;
  #statements: Statements | undefined;

  constructor(path: string, onProblem: OpenCopiesInit['onProblem']) {
    this.#path = path;
    this.#onProblem = onProblem;
  }

  async open(): Promise<void> {
    try {
      await makeFile(this.#path);
    } catch (error) {
      this.#giveUp(error);
      return;
    }
    // While two make it at once, one of them finds it locked, whatever time SQLite is told to wait.
    await this.#tryAgain(() => {
      const database = new DatabaseSync(this.#path, { timeout: busyTimeoutMs });
      try {
        prepare(database);
        this.#statements = statementsOf(database);
        this.#database = database;
      } catch (error) {
        database.close();
        throw error;
      }
    });
  }

  async find(digest: string): Promise<LocalCopy[]> {
    let rows: Record<string, unknown>[] = [];
    await this.#tryAgain(() => {
      rows = this.#statements?.find.all(Buffer.from(digest, 'hex'), maxFound) ?? [];
    });
    return rows.map((row) => ({
      digest,
      sizeBytes: Number(row.size_bytes),
      path: String(row.path),
      kind: row.kind === 'part' ? 'part' : 'file',
      modifyTimeMs: Number(row.modify_time_ms),
    }));
  }

  async note(copies: readonly LocalCopy[]): Promise<void> {
    for (const batch of inBatches(copies.filter(isPossible), copiesPerTransaction)) {
      await this.#change(({ isKnown, note, forgetOldest }) => {
        for (const { path, digest, sizeBytes, kind, modifyTimeMs } of batch) {
          const row = [path, Buffer.from(digest, 'hex'), sizeBytes, kind, modifyTimeMs] as const;
          // Most of what a share says at its start was said before, and is not written again.
          if (isKnown.get(...row) === undefined) note.run(...row);
        }
        forgetOldest.run(maxNotedCopies);
      });
    }
  }

  async forget(paths: readonly string[]): Promise<void> {
    await this.#change(({ forget }) => {
      for (const path of paths) forget.run(path);
    });
  }

  close(): void {
    try {
      this.#database?.close();
    } catch {
      // A disk that is full or gone: what was noted is of no weight.
    }
    this.#database = undefined;
    this.#statements = undefined;
  }

  async #change(change: (statements: Statements) => void): Promise<void> {
    await this.#tryAgain(() => {
      const database = this.#database;
      if (database === undefined || this.#statements === undefined) return;
      database.exec('BEGIN IMMEDIATE');
      try {
        change(this.#statements);
        database.exec('COMMIT');
      } catch (error) {
        // SQLite has rolled back by itself when its disk is full.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** Does something, again when another process holds the lock; any other failure ends all use of the catalogue. */
  async #tryAgain(action: () => void): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        action();
        return;
      } catch (error) {
        if (isBusy(error) && tries < maxTries) await sleep(tries * retryMs);
        else return this.#giveUp(error);
      }
    }
  }

  #giveUp(cause: unknown): void {
    this.close();
    const problem = `${this.#path} cannot be used, so that nothing is copied from this machine: ${messageOf(cause)}`;
    const step = isBusy(cause) ? '' : '; remove it to begin anew';
    this.#onProblem?.(new CardumeError('LOCAL_IO_FAILED', problem + step, { cause }));
  }
}

/**
 * Makes the file for its owner alone, unless it is there. One that is there is not opened: closing it again would take the locks
 * from whoever else of this process has it open (POSIX).
 */
async function makeFile(path: string): Promise<void> {
  await mkdir(resolve(path, '..'), { recursive: true, mode: 0o700 });
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    if (!(await lstat(path)).isFile()) throw new CardumeError('LOCAL_IO_FAILED', 'it is no regular file');
  }
}

function prepare(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const versionOf = (): number => Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (versionOf() === 0) {
    database.exec('BEGIN IMMEDIATE');
    // Another process may have made it meanwhile.
    if (versionOf() === 0) database.exec(schema);
    database.exec('COMMIT');
  }
  if (versionOf() !== version) throw new Error(`it was written by another version of this program (${versionOf()})`);
}

function statementsOf(database: DatabaseSync): Statements {
  return {
    find: database.prepare(
      'SELECT path, size_bytes, kind, modify_time_ms FROM copies WHERE digest = ? ORDER BY rowid DESC LIMIT ?',
    ),
    isKnown: database.prepare(
      'SELECT 1 FROM copies WHERE path = ? AND digest = ? AND size_bytes = ? AND kind = ? AND modify_time_ms = ?',
    ),
    // What replaces another row gets a new, the highest, rowid.
    note: database.prepare(
      'INSERT OR REPLACE INTO copies (path, digest, size_bytes, kind, modify_time_ms) VALUES (?, ?, ?, ?, ?)',
    ),
    forget: database.prepare('DELETE FROM copies WHERE path = ?'),
    forgetOldest: database.prepare('DELETE FROM copies WHERE rowid <= (SELECT max(rowid) FROM copies) - ?'),
  };
}

function isPossible({ digest, sizeBytes, modifyTimeMs }: LocalCopy): boolean {
  return isDigest(digest) && Number.isSafeInteger(sizeBytes) && Number.isSafeInteger(modifyTimeMs);
}

function isBusy(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'errcode' in error && (Number(error.errcode) & 0xff) === sqliteBusy
  );
}
