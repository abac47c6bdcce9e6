import { errnoOf } from '@cardume/client/errors';
import type { StorageFailure } from '../storage-errors.ts';
import { TransactionEnded } from './database.ts';

/** What an error of SQLite means; undefined: it is none of its errors. */
export function sqliteFailureOf(error: unknown): StorageFailure | undefined {
  return errnoOf(error) === 'ERR_SQLITE_ERROR' || error instanceof TransactionEnded ? 'failed' : undefined;
}
