import { isAbort } from '@cardume/client';
import { ServerError, type ServerMiddleware, Status } from 'nice-grpc';
import type { CallObserver } from '../core/call-observer.ts';

/**
 * Tells observers of every call when it begins and ends. It stands before all other middlewares, so that it sees what
 * callers see. What gRPC refuses by itself comes to none of them: a method that is not there, a message that is too long.
 *
 * @param nowMs a clock in milliseconds
 */
export function observeCalls(observers: readonly CallObserver[], nowMs: () => number): ServerMiddleware {
  return async function* observingMiddleware(call, context) {
    const { path } = call.method;
    const startMs = nowMs();
    for (const observer of observers) observer.began?.(path);
    let status = 'CANCELLED';
    try {
      const response = yield* call.next(call.request, context);
      status = 'OK';
      return response;
    } catch (error) {
      if (error instanceof ServerError) status = Status[error.code] ?? 'UNKNOWN';
      else if (!isAbort(error)) status = 'UNKNOWN';
      throw error;
    } finally {
      const ended = { path, status, durationMs: nowMs() - startMs, callerAddress: context.peer };
      for (const observer of observers) observer.ended(ended);
    }
  };
}
