import { realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * Keeps all other indexes from a database, by a file beside it that this process has locked until it closes it or ends, however
 * it ends. SQLite's own lock of a whole database would also keep out this process's other threads, and backups.
 *
 * @param file exists
 * @returns what is to be closed
 * @throws SQLite's error SQLITE_BUSY when another one has it
 */
export function lockDatabase(file: string): DatabaseSync {
  // Whatever links lead to it.
  const lock = new DatabaseSync(`${realpathSync(file)}-lock`);
  try {
    // Nothing is ever written there.
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}
