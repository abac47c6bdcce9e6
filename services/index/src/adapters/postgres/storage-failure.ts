import { CardumeError, errnoOf, messageOf } from '@cardume/client';
import type { StorageFailure } from '../storage-errors.ts';

/**
 * What PostgreSQL's and the system's codes for a server that is away, stopping, starting or full begin with, or that took too long
 * (57014), or in whose transactions others kept being in the way (40).
 */
const unavailableCodes =
  /^(08|40|57014|57P0|53300$|25006$|E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN))/;
/** Those errors of the driver that have no code. */
const unavailableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered|Query read timeout)/;

/** What an error of the driver means for a call; undefined: it is none of the driver's. */
export function storageFailureOf(error: unknown): StorageFailure | undefined {
  if (CardumeError.is(error)) return undefined;
  const code = codeOf(error);
  const isAway = unavailableCodes.test(code) || unavailableMessages.test(messageOf(error)) || isSocketMissing(error);
  if (isAway) return 'unavailable';
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

/** Whether the database's user may not do that. */
export function isRefused(error: unknown): boolean {
  return codeOf(error) === '42501';
}

/** Several addresses of a name fail together, each with a code. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const first = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error;
  return errnoOf(first) ?? '';
}

/** A Unix socket is there only while its server is; other files are missing until somebody makes them. */
function isSocketMissing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return codeOf(error) === 'ENOENT' && 'syscall' in error && error.syscall === 'connect';
}
