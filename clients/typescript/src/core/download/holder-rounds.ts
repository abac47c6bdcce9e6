import type { ErrorReason } from '../../errors/error-reason.ts';

/** How long a holder may say nothing in the middle of a stream, in milliseconds. */
export const stallTimeoutMs = 20_000;

/** How many rounds through the holders may bring nothing before a download gives up. */
export const maxIdleRounds = 3;

/** How long to wait before the next round, in milliseconds, by how many rounds in a row brought nothing. */
export function roundDelayMs(idleRounds: number): number {
  return Math.min(500 * 2 ** idleRounds, 5_000);
}

const perhapsLater: ReadonlySet<ErrorReason> = new Set([
  'UNREACHABLE',
  'TIMED_OUT',
  'CANCELLED',
  'SHUTTING_DOWN',
  'LIMIT_REACHED',
  'STORAGE_FAILED',
  'INTERNAL',
]);

/**
 * Whether a holder that failed so is asked again in the next round: it is merely away, busy or ill. Any other one lied,
 * or does not have the file any more, and is dropped for this download.
 */
export function isAskedAgainAfter(reason: ErrorReason): boolean {
  return perhapsLater.has(reason);
}
