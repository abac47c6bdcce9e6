import { CardumeError, isAbort } from '@cardume/client';
import type { ServerMiddleware } from 'nice-grpc';

/** Ends the calls that are still open when a server stops. */
export interface Terminator {
  readonly middleware: ServerMiddleware;
  /** How many calls are open. */
  readonly openCalls: number;
  /**
   * Counts a call as open until the function that it returns is called.
   *
   * @throws CardumeError SHUTTING_DOWN after `terminate()`
   */
  enter(call: { abort(): void }): () => void;
  /** What a call's error is to its caller: SHUTTING_DOWN when `terminate()` aborted it. */
  explain(error: unknown): unknown;
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
  const open = new Set<{ abort(): void }>();
  let terminated = false;
  const shuttingDown = (): CardumeError =>
    new CardumeError('SHUTTING_DOWN', 'the server is stopping; try another or come back', { retryDelayMs: 1_000 });

  const enter: Terminator['enter'] = (call) => {
    if (terminated) throw shuttingDown();
    open.add(call);
    return () => open.delete(call);
  };
  const explain = (error: unknown): unknown => (terminated && isAbort(error) ? shuttingDown() : error);

  const middleware: ServerMiddleware = async function* terminatorMiddleware(call, context) {
    const controller = new AbortController();
    const leave = enter(controller);
    const forward = (): void => controller.abort();
    context.signal.addEventListener('abort', forward);
    try {
      const next = { ...context, signal: controller.signal };
      return yield* call.next(call.request, next);
    } catch (error) {
      throw explain(error);
    } finally {
      leave();
      context.signal.removeEventListener('abort', forward);
    }
  };

  return {
    middleware,
    enter,
    explain,
    get openCalls() {
      return open.size;
    },
    terminate() {
      terminated = true;
      for (const call of open) call.abort();
    },
  };
}
