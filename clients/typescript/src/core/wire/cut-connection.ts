import { errnoOf } from '../../errors/cardume-error.ts';

/** In how many milliseconds a server may be asked again that cut a connection before it said a word. */
export const cutRetryDelayMs = 500;

/**
 * Whether a connection that had not been greeted yet was reset: a server does so with those that are made more often than it takes
 * them, and nothing was done for what was asked. Who merely closes it, as one that expects TLS or does not, is no such server.
 */
export function wasCutAtOnce(error: unknown): boolean {
  return errnoOf(error) === 'ECONNRESET' && typeof (error as { syscall?: unknown }).syscall === 'string';
}
