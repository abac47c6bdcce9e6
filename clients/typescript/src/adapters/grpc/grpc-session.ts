import { type DialledAddress, formatAddress } from '../../core/address/address.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import type { MessageReader } from './message-reader.ts';
import type { ReceivingCall } from './receiving-call.ts';
import { startCall } from './start-call.ts';

export interface SessionCallOptions {
  /** What the server is told of how long it has. It is for the caller to keep to it. Default: for ever. */
  deadlineMs?: number | undefined;
}

/** One HTTP/2 connection to a server of gRPC. */
export interface GrpcSession {
  /** Calls a method that is asked one message and answers any number of them, which `reader` finds in the bytes. */
  call(path: string, request: Uint8Array, reader: MessageReader, options?: SessionCallOptions): ReceivingCall;
  /** The time of a round trip in milliseconds, measured when it connected; undefined when it has not, or was lost. */
  roundTripMs(): Promise<number | undefined>;
  /** How many of its connections have ended, or are used no more. */
  readonly lostCount: number;
  /** Cuts the connection; streams under way fail with CANCELLED. */
  close(): void;
}

/** Options of {@link openGrpcSession}. */
export interface GrpcSessionOptions extends ConnectionOptions {
  /** What the other side is, for messages. Default: `peer`. */
  role?: 'index' | 'peer';
  /** With TLS 1.3: as it is asked for when it connects, so that a certificate may have been renewed. Default: plaintext. */
  tls?: ClientTls | (() => ClientTls) | undefined;
  /** What each call says besides: names in lower case, and texts. Default: nothing. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * Opens a session; it connects with the first call, and anew with the first one after the connection was lost.
 *
 * This is gRPC over HTTP/2, by Node's own HTTP/2: grpc-js puts each message together in new memory and has no way round
 * that, which costs a receiver a fifth of its speed, and takes 30 ms to load, as long as Node itself (bench/RESULTS.md).
 */
export function openGrpcSession(address: DialledAddress, options: GrpcSessionOptions): GrpcSession {
  const { role = 'peer', socketPath } = options;
  const who = socketPath === undefined ? `${role} ${formatAddress(address)}` : `the process at ${socketPath}`;
  const tlsNow = (): ClientTls | undefined => (typeof options.tls === 'function' ? options.tls() : options.tls);
  /** All of them, the one that is used last: those before it go on until their calls have ended. */
  const connections = new Set<Connection>();
  let connection: Connection | undefined;
  let openedCount = 0;
  let roundTripMs: Promise<number | undefined> | undefined;
  const connectionNow = (): Connection => {
    const tls = tlsNow();
    // What a server knows of a caller is the certificate that the connection began with.
    if (connection?.isOpen === true && connection.certificate === tls?.certificate) return connection;
    connection?.endWithItsCalls();
    const opened = new Connection(address, who, options, tls);
    openedCount += 1;
    connections.add(opened);
    opened.session.once('close', () => {
      connections.delete(opened);
      // Else the 256 KiB that it received with would stay for as long as the session, which may be for ever.
      if (connection === opened) connection = undefined;
    });
    connection = opened;
    roundTripMs = opened.roundTripMs;
    return opened;
  };
  return {
    call(path, request, reader, { deadlineMs } = {}) {
      const used = connectionNow();
      const isOutdated = (): boolean => {
        try {
          return used.certificate !== tlsNow()?.certificate;
        } catch {
          // There is none any more.
          return false;
        }
      };
      return startCall(used, { path, request, reader, deadlineMs, metadata: options.metadata, isOutdated });
    },
    roundTripMs: async () => roundTripMs,
    get lostCount() {
      return openedCount - (connection?.isOpen === true ? 1 : 0);
    },
    close() {
      for (const open of connections) open.close();
    },
  };
}
