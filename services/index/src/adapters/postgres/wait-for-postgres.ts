import { setTimeout as sleep } from 'node:timers/promises';
import { CardumeError, messageOf } from '@cardume/client';
import { UnusableDatabase } from './migrate.ts';
import { openPostgresCatalog, type PostgresCatalog, type PostgresCatalogInit } from './open-postgres-catalog.ts';
import { storageFailureOf } from './storage-failure.ts';

/** For how long a database that is not there yet is waited for: those of one machine or cluster start together. */
const usualPatienceMs = 30_000;
const retryMs = 500;

/**
 * Opens the catalog, and waits for a database that is about to come.
 *
 * @throws CardumeError INVALID_FIELD when it does not come, or cannot be used; never with the password
 */
export async function waitForPostgres(
  init: PostgresCatalogInit,
  patienceMs = usualPatienceMs,
): Promise<PostgresCatalog> {
  const name = nameOf(init.url);
  const endMs = performance.now() + patienceMs;
  for (let isTold = false; ; isTold = true) {
    try {
      return await openPostgresCatalog(init);
    } catch (error) {
      if (storageFailureOf(error) !== 'unavailable') throw unusable(name, error);
      if (performance.now() > endMs) throw unusable(name, error, `does not answer for ${patienceMs / 1_000} s`);
      if (!isTold) init.logger.warn({ database: name, problem: messageOf(error) }, 'waiting for the database');
      await sleep(retryMs);
    }
  }
}

/** The database as it may be told to anybody: without user and password. */
function nameOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}

function unusable(name: string, cause: unknown, problem?: string): CardumeError {
  const why = cause instanceof UnusableDatabase ? cause.message : `cannot be used: ${messageOf(cause)}`;
  const description = `${name} ${problem === undefined ? why : `${problem}: ${messageOf(cause)}`}`;
  return new CardumeError('INVALID_FIELD', `--database: ${description}`, {
    metadata: { field: '--database' },
    fieldViolations: [{ field: '--database', description }],
    cause,
  });
}
