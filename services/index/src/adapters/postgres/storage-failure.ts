import { CardumeError, errnoOf, messageOf } from '@cardume/client';
import type { StorageFailure } from '../storage-errors.ts';

/** What PostgreSQL's and the system's codes for a server that is away, stopping, starting or full begin with. */
const unavailableCodes = /^(08|57P0|53300$|25006$|E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN))/;
/** Those errors of the driver that have no code. */
const unavailableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered|Query read timeout)/;

/** What an error of the driver means for a call; undefined: it is none of the driver's. */
export function storageFailureOf(error: unknown): StorageFailure | undefined {
  if (CardumeError.is(error) || !(error instanceof Error)) return undefined;
  const code = codeOf(error);
  if (unavailableCodes.test(code) || unavailableMessages.test(messageOf(error))) return 'unavailable';
  // An SQLSTATE has five characters: the server answered, and did not like it.
  return /^[0-9A-Z]{5}$/.test(code) ? 'failed' : undefined;
}

/** Whether a transaction would pass when it is tried again: a deadlock, or what only others' being there refused. */
export function isWorthRepeating(error: unknown): boolean {
  return ['40001', '40P01', '23505'].includes(codeOf(error));
}

/** Whether a statement took longer than it may. */
export function isStatementTimeout(error: unknown): boolean {
  return codeOf(error) === '57014';
}

/** Several addresses of a name fail together, each with a code. */
function codeOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return errnoOf(first) ?? '';
}
