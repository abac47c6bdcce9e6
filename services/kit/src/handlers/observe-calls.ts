import { isAbort } from '@cardume/client';
import { ServerError, type ServerMiddleware, Status } from 'nice-grpc';
import type { CallObserver, EndedCall } from '../core/call-observer.ts';

/** What is known of a call while it runs; a context that an interceptor made has all of it. */
type ObservedContext = { readonly peer: string } & Partial<Pick<EndedCall, 'caller' | 'request' | 'notes'>>;
/** How a call ended. */
type Ending = Pick<EndedCall, 'status'> & Partial<Pick<EndedCall, 'reason' | 'response'>>;

/** Tells observers that a call begins; what it returns, that it ended, and how. */
export type BeginCall = (path: string, context: ObservedContext) => (ending: Ending) => void;

const noNotes: readonly object[] = [];

/** Makes what tells observers. @param nowMs a clock in milliseconds */
export function createBeginCall(observers: readonly CallObserver[], nowMs: () => number): BeginCall {
  return (path, context) => {
    const startMs = nowMs();
    for (const observer of observers) observer.began?.(path);
    return ({ status, reason, response }) => {
      const { peer: callerAddress, caller, request, notes = noNotes } = context;
      const durationMs = nowMs() - startMs;
      const ended = { path, status, reason, durationMs, callerAddress, caller, request, response, notes };
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
      end({ status });
    }
  };
}
