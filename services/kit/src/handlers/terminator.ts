import { CardumeError, isAbort } from '@cardume/client';
import type { Caller, CallGate } from '../core/call-gate.ts';

/** A call that is open. */
export interface OpenCall {
  /** Who calls, as its gate let it in; undefined: somebody without a certificate. */
  readonly caller?: Caller | undefined;
  /** Fires its signal. */
  abort(): void;
  /** Ends it with an error; where there is no caller, it is not asked to. */
  refuse?(error: unknown): void;
}

/** Knows the calls that are open, and ends them: all when a server stops, and some when their callers may not go on. */
export interface Terminator {
  /** How many calls are open. */
  readonly openCalls: number;
  /**
   * Counts a call as open until the function that it returns is called.
   *
   * @throws CardumeError SHUTTING_DOWN after `terminate()`
   */
  enter(call: OpenCall, path: string): () => void;
  /** What a call's error is to its caller: SHUTTING_DOWN when `terminate()` aborted it. */
  explain(error: unknown): unknown;
  /**
   * Asks the gate again for each open call by a certificate: it may have ended or been revoked since the call began. The caller then gets
   * what the gate throws.
   */
  readmit(gate: Pick<CallGate, 'admit'>): void;
  /** Aborts every open call: its caller gets UNAVAILABLE, SHUTTING_DOWN. New calls get it at once. */
  terminate(): void;
}

/**
 * Makes a terminator.
 *
 * gRPC's own graceful shutdown waits for open streams for ever, and its forced one makes their callers see CANCELLED,
 * which tells them nothing: grpc-node#1458. So each call gets a signal that also fires on `terminate()`.
 */
export function createTerminator(): Terminator {
  const open = new Map<OpenCall, string>();
  let terminated = false;
  const shuttingDown = (): CardumeError =>
    new CardumeError('SHUTTING_DOWN', 'the server is stopping; try another or come back', { retryDelayMs: 1_000 });

  const enter: Terminator['enter'] = (call, path) => {
    if (terminated) throw shuttingDown();
    open.set(call, path);
    return () => open.delete(call);
  };
  const explain = (error: unknown): unknown => (terminated && isAbort(error) ? shuttingDown() : error);

  return {
    enter,
    explain,
    get openCalls() {
      return open.size;
    },
    readmit(gate) {
      for (const [call, path] of open) {
        if (call.caller === undefined) continue;
        try {
          gate.admit(path, call.caller);
        } catch (error) {
          call.refuse?.(error);
        }
      }
    },
    terminate() {
      terminated = true;
      for (const call of open.keys()) call.abort();
    },
  };
}
