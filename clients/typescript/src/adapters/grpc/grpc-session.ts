import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { LookupFunction } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type DialledAddress, formatAddress } from '../../core/address/address.ts';
import { defaultWindowBytes } from '../../core/download/window.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import { connectTimeoutMs } from '../../core/time/connect-timeout.ts';
import { frameMessage } from '../../core/wire/chunk-frame.ts';
import { CardumeError, errnoOf, messageOf } from '../../errors/cardume-error.ts';
import { cutRetryDelayMs, wasCutAtOnce } from './cut-connection.ts';
import { errorOfStatus, readGrpcStatus } from './grpc-status.ts';
import { PausableTap } from './pausable-tap.ts';
import { openTappedSocket, type TappedSocket } from './tapped-socket.ts';
import { watchOwnAddress } from './watch-own-address.ts';

/** A stream of downloaded bytes under way. */
export interface ReceivingCall {
  /** Settles when the stream has ended and all of it was handed on; rejects with a CardumeError. */
  readonly ended: Promise<void>;
  /** Takes no more: what is on its way, a window of it at the most, is kept, and the holder then waits. */
  pause(): void;
  resume(): void;
  /**
   * Ends the stream at once. `ended` rejects with the error, unless it has settled. When that is TIMED_OUT, and nothing else has come
   * on the connection either, it may be dead: further calls are made on another one.
   */
  cancel(error: CardumeError): void;
}

/** Finds the messages in the bytes of a stream. */
export interface MessageReader {
  /** Takes the next bytes. They are a view that is only good during the call. What it throws ends the stream. */
  push(bytes: Uint8Array): void;
  /** Whether the stream may end here: no message is incomplete. */
  readonly isBetweenMessages: boolean;
}

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
export interface GrpcSessionOptions {
  /** What the other side is, for messages. Default: `peer`. */
  role?: 'index' | 'peer';
  /** How many bytes of each stream may be on their way to this process: see `windowFor`. Default: 16 MiB. */
  windowBytes?: number | undefined;
  /** With TLS 1.3: as it is asked for when it connects, so that a certificate may have been renewed. Default: plaintext. */
  tls?: ClientTls | (() => ClientTls) | undefined;
  /** How the host's name becomes addresses. Default: by the system's resolver. */
  lookup?: LookupFunction | undefined;
  /** A Unix domain socket to connect to in place of the address, which is then only a name. Default: none. */
  socketPath?: string | undefined;
  /** What each call says besides: names in lower case, and texts. Default: nothing. */
  metadata?: Readonly<Record<string, string>> | undefined;
  /** How often it is asked whether the other side is there, and for how long that may take. Default: 30 s and 10 s. */
  keepAlive?: { everyMs: number; timeoutMs: number };
}

const defaultKeepAlive = { everyMs: 30_000, timeoutMs: 10_000 };
/** For how long nothing may have come when a call has waited in vain, before its connection is used no more. */
const silenceMs = 1_000;
const userAgent = 'cardume';
// gRPC's header has eight digits.
const maxTimeoutMs = 99_999_999;

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

/** One TCP connection with HTTP/2 on it. */
class Connection {
  readonly who: string;
  readonly scheme: string;
  readonly authority: string;
  readonly session: ClientHttp2Session;
  readonly tapped: TappedSocket;
  readonly windowBytes: number;
  /** With which this side says who it is; undefined: with none. */
  readonly certificate: string | undefined;
  readonly roundTripMs: Promise<number | undefined>;
  readonly #keepAliveTimeoutMs: number;
  #openCalls = 0;
  #isDoubtful = false;
  #isGreeted = false;
  /** Why the connection was lost, as far as that is known. */
  failure: CardumeError | undefined;

  constructor(address: DialledAddress, who: string, options: GrpcSessionOptions, tls: ClientTls | undefined) {
    const { windowBytes = defaultWindowBytes, keepAlive = defaultKeepAlive } = options;
    this.who = who;
    this.certificate = tls?.certificate;
    this.#keepAliveTimeoutMs = keepAlive.timeoutMs;
    this.scheme = tls === undefined ? 'http' : 'https';
    this.authority = formatAddress(address);
    const { socketPath = options.socketPath } = address;
    const tapped = openTappedSocket(address, tls, windowBytes, { lookup: options.lookup, socketPath });
    this.tapped = tapped;
    this.windowBytes = windowBytes;
    const session = connect(`${this.scheme}://${this.authority}`, {
      createConnection: () => tapped.duplex,
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    this.session = session;
    const timer = setTimeout(() => {
      this.#fail(new CardumeError('UNREACHABLE', `${who} took the connection and said nothing for 5 s`));
      this.#cut();
    }, connectTimeoutMs);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    this.roundTripMs = promise;
    session.once('connect', () => session.setLocalWindowSize(windowBytes));
    let attemptedMs = performance.now();
    let connectMs = Number.POSITIVE_INFINITY;
    // Several addresses of a name are attempted one after the other.
    tapped.socket.on('connectionAttempt', () => {
      attemptedMs = performance.now();
    });
    // A local socket says nothing of the path.
    if (socketPath === undefined) {
      tapped.socket.once('connect', () => {
        connectMs = performance.now() - attemptedMs;
      });
    }
    tapped.socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      if (tls !== undefined && (tapped.socket as TLSSocket).alpnProtocol !== 'h2') {
        session.destroy(new CardumeError('UNREACHABLE', `${who} does not speak HTTP/2`));
        return;
      }
      // Before any bytes are asked for, behind which its answer would wait.
      // The kernel answers a connection, a process a ping; whichever is the quicker says more about the path.
      if (!session.destroyed) {
        session.ping((error, pingMs) => resolve(error === null ? Math.min(connectMs, pingMs) : undefined));
      }
    });
    // A server's settings are the first that it says in HTTP/2.
    session.once('remoteSettings', () => {
      clearTimeout(timer);
      this.#isGreeted = true;
    });
    const asking = setInterval(() => this.#askForLife(), keepAlive.everyMs).unref();
    let stopWatching = (): void => undefined;
    tapped.socket.once('connect', () => {
      if (session.destroyed) return;
      const { localAddress } = tapped.socket;
      stopWatching = watchOwnAddress(localAddress, () => {
        this.#fail(new CardumeError('UNREACHABLE', `${who}: this machine is not at ${localAddress} any more`));
        this.#cut();
      });
    });
    session.once('error', (error) => this.#fail(connectionError(who, error, this.#isGreeted)));
    session.once('close', () => {
      clearTimeout(timer);
      clearInterval(asking);
      stopWatching();
      resolve(undefined);
    });
    tapped.socket.unref();
  }

  /** Whether the server has said something in HTTP/2. */
  get isGreeted(): boolean {
    return this.#isGreeted;
  }

  get isOpen(): boolean {
    return !this.#isDoubtful && !this.session.closed && !this.session.destroyed;
  }

  /** Counts a call: a process may not end while one is open, and may while only the connection is. */
  begin(): void {
    this.#openCalls += 1;
    this.tapped.socket.ref();
  }

  end(): void {
    this.#openCalls -= 1;
    if (this.#openCalls > 0) return;
    this.tapped.socket.unref();
    if (this.#isDoubtful) this.#cut();
  }

  /** A call has waited in vain. When all is silent, it takes no further ones, and is cut when those that are open have ended. */
  doubt(): void {
    if (performance.now() - this.tapped.receivedMs >= silenceMs) this.#isDoubtful = true;
  }

  /** Takes no further calls, and ends when those that are open have. */
  endWithItsCalls(): void {
    if (this.isOpen) this.session.close();
  }

  close(): void {
    this.#fail(new CardumeError('CANCELLED', `the connection to ${this.who} was closed`));
    this.#cut();
  }

  #cut(): void {
    this.session.destroy();
    // It would be ended once it is made: until then, two minutes where a firewall drops all, the process could not end.
    if (!this.#isGreeted) this.tapped.socket.destroy();
  }

  /** A machine that went away without a word, or a path that broke, would else be waited for by every call. */
  #askForLife(): void {
    if (this.session.destroyed) return;
    const before = this.tapped.receivedBytes;
    const giveUp = (): void => {
      if (this.tapped.receivedBytes !== before || this.session.destroyed) return;
      this.#fail(new CardumeError('UNREACHABLE', `${this.who} said nothing for ${this.#keepAliveTimeoutMs / 1_000} s`));
      this.session.destroy();
    };
    // After what has come meanwhile is read: this thread may have been the one that was busy.
    const timer = setTimeout(() => setImmediate(giveUp), this.#keepAliveTimeoutMs).unref();
    try {
      this.session.ping(() => clearTimeout(timer));
    } catch {
      // It is closing, or has as many questions open as it may: the timer tells.
    }
  }

  #fail(error: CardumeError): void {
    this.failure ??= error;
  }
}

interface SessionCall {
  path: string;
  request: Uint8Array;
  reader: MessageReader;
  deadlineMs: number | undefined;
  metadata: Readonly<Record<string, string>> | undefined;
  /** Whether another certificate would be used by now. */
  isOutdated: () => boolean;
}

function startCall(connection: Connection, call: SessionCall): ReceivingCall {
  const { path, request, reader, deadlineMs, metadata, isOutdated } = call;
  const { who, scheme, authority, session, tapped, windowBytes } = connection;
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const stream: ClientHttp2Stream = session.request({
    ...metadata,
    ':method': 'POST',
    ':scheme': scheme,
    ':authority': authority,
    ':path': path,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'user-agent': userAgent,
    ...(deadlineMs === undefined ? {} : { 'grpc-timeout': `${Math.min(Math.ceil(deadlineMs), maxTimeoutMs)}m` }),
  });
  connection.begin();
  const tap = new PausableTap({
    windowBytes,
    onBytes(bytes) {
      if (settled) return;
      try {
        reader.push(bytes);
      } catch (error) {
        settle(CardumeError.is(error) ? error : new CardumeError('INTERNAL', messageOf(error), { cause: error }));
      }
    },
    onDrained: () => settleWhenWhole(),
    onExcess: () => settle(new CardumeError('BYTES_MISMATCH', `${who} sent more than it was let`)),
    allow: (bytes) => tapped.allow(stream.id ?? 0, bytes),
  });
  const startTap = (): void => {
    if (stream.id !== undefined) tapped.tap(stream.id, tap);
  };
  const untap = (): void => {
    if (stream.id !== undefined) tapped.untap(stream.id);
  };
  if (stream.pending) stream.once('ready', startTap);
  else startTap();
  // No bytes come this way; that it has ended does.
  stream.resume();
  let settled = false;
  let allRead = false;
  let isOk = false;
  let hasFailed = false;

  const settle = (error: CardumeError | undefined): void => {
    if (settled) return;
    settled = true;
    if (error === undefined) {
      resolve();
      return;
    }
    reject(error);
    untap();
    stream.close(constants.NGHTTP2_CANCEL);
    // What still comes is let go of, so that the stream can end.
    stream.resume();
  };
  const settleWhenWhole = (): void => {
    if (!allRead || !isOk || tap.holds) return;
    settle(reader.isBetweenMessages ? undefined : new CardumeError('BYTES_MISMATCH', `${who} cut a message short`));
  };
  const takeStatus = (headers: Parameters<typeof readGrpcStatus>[0]): void => {
    const status = readGrpcStatus(headers);
    if (status?.code === 0) {
      isOk = true;
      settleWhenWhole();
      return;
    }
    const given = status ?? { code: 2, message: 'ended the call without a gRPC status', details: undefined };
    hasFailed = true;
    errorOfStatus(given, path, who).then((error) => {
      // It is the connection that is refused, and the next one is another's affair.
      const isOver = error.reason === 'CERTIFICATE_REFUSED' && isOutdated();
      settle(
        isOver ? new CardumeError('UNREACHABLE', `${who} ended a call with a certificate that is renewed now`) : error,
      );
    }, settle);
  };

  stream.on('response', (headers, flags) => {
    if (headers[':status'] !== 200 || !isGrpc(headers['content-type'])) {
      settle(new CardumeError('UNREACHABLE', `${who} is none: it answered HTTP ${headers[':status']}`));
    } else if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
      takeStatus(headers);
    }
  });
  stream.on('trailers', takeStatus);
  stream.once('response', () => tap.open());
  stream.on('end', () => {
    allRead = true;
    settleWhenWhole();
  });
  stream.on('error', (error) => {
    const isReset = errnoOf(error) === 'ERR_HTTP2_STREAM_ERROR';
    settle(
      connection.failure ?? (isReset ? lost(who, stream.rstCode) : connectionError(who, error, connection.isGreeted)),
    );
  });
  stream.on('close', () => {
    untap();
    connection.end();
    // After the events of what came last, a status among them, whose error may take a moment to be decoded.
    setImmediate(() => {
      if (!hasFailed && !(allRead && isOk)) settle(connection.failure ?? lost(who, stream.rstCode));
    });
  });
  stream.end(frameMessage(request));

  return {
    ended,
    pause: () => tap.pause(),
    resume: () => tap.resume(),
    cancel(error) {
      if (!settled && error.reason === 'TIMED_OUT') connection.doubt();
      settle(error);
    },
  };
}

function isGrpc(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/grpc') === true;
}

function connectionError(who: string, thrown: unknown, isGreeted: boolean): CardumeError {
  // A stream that never began tells why in its cause: that the connection could not be made.
  const error = errnoOf(thrown) === 'ERR_HTTP2_STREAM_CANCEL' ? ((thrown as Error).cause ?? thrown) : thrown;
  // The check of its certificate: it is another one than was asked for.
  if (CardumeError.is(error)) {
    return new CardumeError(error.reason, `${who}: ${error.message}`, { metadata: error.metadata, cause: error });
  }
  const code = errnoOf(error) ?? '';
  if (code.startsWith('ERR_SSL_TLSV13_ALERT_CERTIFICATE') || code === 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA') {
    return new CardumeError('CERTIFICATE_REFUSED', `${who} lets in only members of its network; use an invite`, {
      cause: error,
    });
  }
  if (code.startsWith('ERR_HTTP2_')) {
    return new CardumeError('UNREACHABLE', `${who} does not speak HTTP/2 as peers do (${code})`, { cause: error });
  }
  return new CardumeError('UNREACHABLE', `${who} does not answer (${code === '' ? messageOf(error) : code})`, {
    cause: error,
    ...(!isGreeted && wasCutAtOnce(error) ? { retryDelayMs: cutRetryDelayMs } : {}),
  });
}

function lost(who: string, resetCode: number | undefined): CardumeError {
  if (resetCode === constants.NGHTTP2_ENHANCE_YOUR_CALM) {
    return new CardumeError('LIMIT_REACHED', `${who} has too much to do; try again`);
  }
  const isReset = resetCode !== undefined && resetCode !== constants.NGHTTP2_NO_ERROR;
  const how = isReset ? ` (HTTP/2 reset ${resetCode})` : '';
  return new CardumeError('UNREACHABLE', `${who} ended the connection in the middle${how}`, {
    metadata: isReset ? { http2_reset: String(resetCode) } : {},
  });
}

/** Whether a call failed so that the server has not begun with it, as HTTP/2 promises: it may be made again, whatever it does. */
export function isUnbegun(error: unknown): boolean {
  return CardumeError.is(error) && error.metadata.http2_reset === String(constants.NGHTTP2_REFUSED_STREAM);
}
