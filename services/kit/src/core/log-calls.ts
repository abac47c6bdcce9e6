import type { CallObserver } from './call-observer.ts';
import type { Logger } from './logger.ts';

/**
 * Logs every call when it ends: method, status, duration, caller. Level `debug`; the errors that need an operator are
 * logged by the error middleware with their cause.
 */
export function logCalls(logger: Logger): CallObserver {
  return {
    ended({ path, status, durationMs, callerAddress }) {
      const roundedMs = Math.round(durationMs * 10) / 10;
      logger.debug({ method: path, status, durationMs: roundedMs, callerAddress }, 'call ended');
    },
  };
}
