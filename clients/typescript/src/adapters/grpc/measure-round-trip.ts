import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** Options of {@link measureRoundTrip}. */
export interface MeasureRoundTripOptions {
  /** What the socket tells when HTTP/2 can be spoken over it. */
  readyEvent: 'connect' | 'secureConnect';
  /** Whether it leads to this machine by no network: how soon it connects says nothing of the path then. */
  isLocal: boolean;
}

/**
 * Measures a connection's round trip while it is made.
 *
 * @returns in milliseconds; undefined when it was lost before
 */
export function measureRoundTrip(
  socket: Socket,
  session: ClientHttp2Session,
  { readyEvent, isLocal }: MeasureRoundTripOptions,
): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  let attemptedMs = performance.now();
  let connectMs = Number.POSITIVE_INFINITY;
  // Several addresses of a name are attempted one after the other.
  socket.on('connectionAttempt', () => {
    attemptedMs = performance.now();
  });
  if (!isLocal) {
    socket.once('connect', () => {
      connectMs = performance.now() - attemptedMs;
    });
  }
  socket.once(readyEvent, () => {
    if (session.destroyed) return;
    // Before any bytes are asked for, behind which its answer would wait.
    // The kernel answers a connection, a process a ping; whichever is the quicker says more about the path.
    session.ping((error, pingMs) => resolve(error === null ? Math.min(connectMs, pingMs) : undefined));
  });
  session.once('close', () => resolve(undefined));
  return promise;
}
