import { isAbort } from '@cardume/client';
import { ServerError, type ServerMiddleware, Status } from 'nice-grpc';
import type { Logger } from '../core/logger.ts';

/**
 * Logs every call when it ends: method, status, duration, caller. Level `debug`; the errors that need an operator are
 * logged by the error middleware with their cause.
 *
 * @param nowMs a clock in milliseconds
 */
export function createLogMiddleware(logger: Logger, nowMs: () => number): ServerMiddleware {
  return async function* logMiddleware(call, context) {
    const startMs = nowMs();
    let status = 'CANCELLED';
    try {
      const response = yield* call.next(call.request, context);
      status = 'OK';
      return response;
    } catch (error) {
      if (error instanceof ServerError) status = Status[error.code] ?? String(error.code);
      else if (!isAbort(error)) status = 'UNKNOWN';
      throw error;
    } finally {
      const durationMs = Math.round((nowMs() - startMs) * 10) / 10;
      logger.debug({ method: call.method.path, status, durationMs, callerAddress: context.peer }, 'call ended');
    }
  };
}
