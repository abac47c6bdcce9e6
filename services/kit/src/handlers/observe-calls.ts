import type { CallObserver, EndedCall } from '../core/call-observer.ts';

/** What is known of a call while it runs; a context that an interceptor made has all of it. */
type ObservedContext = { readonly peer: string } & Partial<Pick<EndedCall, 'caller' | 'request' | 'notes'>>;
/** How a call ended. */
type Ending = Pick<EndedCall, 'status'> & Partial<Pick<EndedCall, 'reason' | 'response'>>;

/** Tells observers that a call begins; what it returns, that it ended, and how. */
export type BeginCall = (path: string, context: ObservedContext) => (ending: Ending) => void;

const noNotes: readonly object[] = [];

/**
 * Makes what tells observers. What gRPC refuses by itself comes to none of them: a method that is not there, a message that is
 * too long.
 *
 * @param nowMs a clock in milliseconds
 */
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
