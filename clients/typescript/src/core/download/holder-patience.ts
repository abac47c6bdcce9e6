import type { CardumeError } from '../../errors/cardume-error.ts';
import type { ErrorReason } from '../../errors/error-reason.ts';

/** How long a holder may say nothing in the middle of a stream, in milliseconds. */
export const stallTimeoutMs = 20_000;

/** A small file that does not come at once is to be shown while it comes, resumed, and asked of others, too. */
export const smallFilePatienceMs = 1_000;

/** For how long a download waits for a holder when it has none, in milliseconds, unless it is told otherwise. */
export const defaultHolderWaitMs = 30_000;

/** For how long it does so when each holder that is known lied, or does not have the file, and nothing came of any. */
export const hopelessWaitMs = 2_000;

/** For how long a download waits in all for holders that are merely busy, in milliseconds, while nothing comes. */
export const maxBusyWaitMs = 600_000;

/**
 * How long to wait before the next round, in milliseconds.
 *
 * @param idleRounds how many rounds in a row brought nothing
 * @param askedMs how long a busy holder asked to wait; it may be hostile, so 10 s at the most
 * @param random 0 to 1: those who were refused together do not come back together
 */
export function roundDelayMs(idleRounds: number, askedMs: number, random: number): number {
  const ownMs = Math.min(500 * 2 ** idleRounds, 5_000);
  return Math.max(ownMs, Math.min(askedMs, 10_000)) * (1 + random / 2);
}

/** A place further behind is none that anybody would wait for. */
const maxQueuePosition = 1_000_000;

/** The place that a holder gave this download among those who wait for a turn there; undefined: it gave none that can be meant. */
export function queuePositionOf({ reason, metadata }: CardumeError): number | undefined {
  const text = reason === 'LIMIT_REACHED' ? metadata.queue_position : undefined;
  if (text === undefined || !/^\d{1,7}$/.test(text)) return undefined;
  const position = Number(text);
  return position >= 1 && position <= maxQueuePosition ? position : undefined;
}

/**
 * How long to wait before a holder is asked again that gave a place in its queue, in milliseconds: as long as it says, since who is
 * late loses the place. It may be hostile, so 0.1 to 10 s.
 *
 * @param random 0 to 1
 */
export function queueDelayMs(askedMs: number, random: number): number {
  return Math.max(100, Math.min(askedMs, 10_000)) * (1 + random / 10);
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

const perhapsWhenItSaysSo: ReadonlySet<ErrorReason> = new Set(['CERTIFICATE_REFUSED', 'FILE_NOT_SHARED']);

/**
 * Whether a holder that failed so is asked again in the next round: it is merely away, busy or ill. Any other one lied,
 * or does not have the file any more, and is dropped for this download. One that refuses a certificate and says when to come back
 * means that it has ended, and will be renewed; one that says so of the file has been started again, and has not found it yet.
 */
export function isAskedAgainAfter({ reason, retryDelayMs }: Pick<CardumeError, 'reason' | 'retryDelayMs'>): boolean {
  return perhapsLater.has(reason) || (perhapsWhenItSaysSo.has(reason) && retryDelayMs !== undefined);
}

/** Whether a download that ended so found nobody who could give it; when other sizes are said of the file, one of those may be right. */
export function isUnobtainable(reason: ErrorReason): boolean {
  return reason === 'NO_HOLDER_LEFT' || reason === 'BYTES_MISMATCH';
}
