import { CardumeError, errnoOf } from '@cardume/client';
import { slotRetryDelayMs } from '@cardume/service-kit';

/** Whether a file could not be opened because the process, or the machine, has as many open as it may. */
export function isOutOfDescriptors(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(errnoOf(error) ?? '');
}

/** The error for that. */
export function descriptorsSpent(cause: unknown): CardumeError {
  return new CardumeError('LIMIT_REACHED', 'this peer has as many files open as its system lets it; try again', {
    metadata: { limit: 'descriptors' },
    retryDelayMs: slotRetryDelayMs,
    cause,
  });
}
