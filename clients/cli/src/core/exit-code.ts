import type { ErrorReason } from '@cardume/client';

/**
 * What the command says to the shell when it ends. An interruption adds 130 (SIGINT), 143 (SIGTERM), 129 (SIGHUP).
 *
 * `readerLeft` is what a shell says of a `cat` that SIGPIPE ended, when its reader wanted no more: a script can tell it from a
 * stream that was cut short.
 */
export const exitCode = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  notFound: 3,
  notAllowed: 4,
  interrupted: 130,
  readerLeft: 141,
} as const;

const codeOfReason: Partial<Record<ErrorReason, number>> = {
  INVALID_FIELD: exitCode.wrongUsage,
  PAGE_TOKEN_INVALID: exitCode.wrongUsage,
  FILE_NOT_SHARED: exitCode.notFound,
  TRANSFER_UNKNOWN: exitCode.notFound,
  LEASE_UNKNOWN: exitCode.notFound,
  NOT_ALLOWED: exitCode.notAllowed,
  OFFER_REFUSED: exitCode.notAllowed,
  LEASE_SECRET_WRONG: exitCode.notAllowed,
  CANCELLED: exitCode.interrupted,
};

/** The exit code that an error ends the command with. */
export function exitCodeOf(reason: ErrorReason): number {
  return codeOfReason[reason] ?? exitCode.failed;
}
