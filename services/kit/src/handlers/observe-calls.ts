import { isAbort } from '@cardume/client';
import { ServerError, type ServerMiddleware, Status } from 'nice-grpc';
import type { CallObserver } from '../core/call-observer.ts';

/** Tells observers that a call begins; what it returns, that it ended, with which status. */
export type BeginCall = (path: string, caller: { readonly peer: string }) => (status: string) => void;

/** Makes what tells observers. @param nowMs a clock in milliseconds */
export function createBeginCall(observers: readonly CallObserver[], nowMs: () => number): BeginCall {
  return (path, caller) => {
    const startMs = nowMs();
    for (const observer of observers) observer.began?.(path);
    return (status) => {
      const ended = { path, status, durationMs: nowMs() - startMs, callerAddress: caller.peer };
      for (const observer of observers) observer.ended(ended);
    };
  };
}

/**
 * Tells observers of every call when it begins and ends. It stands before all other middlewares, so that it sees what
 * callers see. What gRPC refuses by itself comes to none of them: a method that is not there, a message that is too long.
 */
export function observeCalls(begin: BeginCall): ServerMiddleware {
  return async function* observingMiddleware(call, context) {
    const end = begin(call.method.path, context);
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
      end(status);
    }
  };
}
