import { type ClientHttp2Session, connect } from 'node:http2';
import type { LookupFunction } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type DialledAddress, formatAddress } from '../../core/address/address.ts';
import { defaultWindowBytes } from '../../core/download/window.ts';
import type { ClientTls } from '../../core/model/client-tls.ts';
import { connectTimeoutMs } from '../../core/time/connect-timeout.ts';
import { connectionError } from '../../core/wire/connection-error.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { askForLife } from './ask-for-life.ts';
import { measureRoundTrip } from './measure-round-trip.ts';
import { openTappedSocket, type TappedSocket } from './tapped-socket.ts';
import { watchOwnAddress } from './watch-own-address.ts';

/** Options of a {@link Connection}. */
export interface ConnectionOptions {
  /** How many bytes of each stream may be on their way to this process: see `windowFor`. Default: 16 MiB. */
  windowBytes?: number | undefined;
  /** How the host's name becomes addresses. Default: by the system's resolver. */
  lookup?: LookupFunction | undefined;
  /** A Unix domain socket to connect to in place of the address, which is then only a name. Default: none. */
  socketPath?: string | undefined;
  /** How often it is asked whether the other side is there, and for how long that may take. Default: 30 s and 10 s. */
  keepAlive?: { everyMs: number; timeoutMs: number };
}

const defaultKeepAlive = { everyMs: 30_000, timeoutMs: 10_000 };
/** For how long nothing may have come when a call has waited in vain, before its connection is used no more. */
const silenceMs = 1_000;

/** One TCP connection with HTTP/2 on it. */
export class Connection {
  readonly who: string;
  readonly scheme: string;
  readonly authority: string;
  readonly session: ClientHttp2Session;
  readonly tapped: TappedSocket;
  readonly windowBytes: number;
  /** With which this side says who it is; undefined: with none. */
  readonly certificate: string | undefined;
  readonly roundTripMs: Promise<number | undefined>;
  #openCalls = 0;
  #isDoubtful = false;
  #isGreeted = false;
  /** Why the connection was lost, as far as that is known. */
  failure: CardumeError | undefined;

  constructor(address: DialledAddress, who: string, options: ConnectionOptions, tls: ClientTls | undefined) {
    const { windowBytes = defaultWindowBytes, lookup, keepAlive = defaultKeepAlive } = options;
    const { socketPath = options.socketPath } = address;
    this.who = who;
    this.certificate = tls?.certificate;
    this.scheme = tls === undefined ? 'http' : 'https';
    this.authority = formatAddress(address);
    this.windowBytes = windowBytes;
    const tapped = openTappedSocket(address, tls, windowBytes, { lookup, socketPath });
    this.tapped = tapped;
    const session = connect(`${this.scheme}://${this.authority}`, {
      createConnection: () => tapped.duplex,
      settings: { initialWindowSize: windowBytes, enablePush: false },
    });
    this.session = session;
    session.once('connect', () => session.setLocalWindowSize(windowBytes));
    session.once('error', (error) => this.#fail(connectionError(who, error, this.#isGreeted)));
    if (tls !== undefined) this.#requireHttp2(tapped.socket as TLSSocket);
    this.roundTripMs = measureRoundTrip(tapped.socket, session, {
      readyEvent: tls === undefined ? 'connect' : 'secureConnect',
      isLocal: socketPath !== undefined,
    });
    const stopAsking = askForLife(session, tapped, {
      ...keepAlive,
      onSilence: () => {
        this.#fail(new CardumeError('UNREACHABLE', `${who} said nothing for ${keepAlive.timeoutMs / 1_000} s`));
        session.destroy();
      },
    });
    session.once('close', stopAsking);
    this.#awaitGreeting();
    this.#watchOwnAddress();
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

  #requireHttp2(socket: TLSSocket): void {
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol === 'h2') return;
      this.session.destroy(new CardumeError('UNREACHABLE', `${this.who} does not speak HTTP/2`));
    });
  }

  #awaitGreeting(): void {
    const timer = setTimeout(() => {
      this.#fail(new CardumeError('UNREACHABLE', `${this.who} took the connection and said nothing for 5 s`));
      this.#cut();
    }, connectTimeoutMs);
    // A server's settings are the first that it says in HTTP/2.
    this.session.once('remoteSettings', () => {
      clearTimeout(timer);
      this.#isGreeted = true;
    });
    this.session.once('close', () => clearTimeout(timer));
  }

  #watchOwnAddress(): void {
    const { socket } = this.tapped;
    socket.once('connect', () => {
      if (this.session.destroyed) return;
      const { localAddress } = socket;
      const stopWatching = watchOwnAddress(localAddress, () => {
        this.#fail(new CardumeError('UNREACHABLE', `${this.who}: this machine is not at ${localAddress} any more`));
        this.#cut();
      });
      this.session.once('close', stopWatching);
    });
  }

  #cut(): void {
    this.session.destroy();
    // It would be ended once it is made: until then, two minutes where a firewall drops all, the process could not end.
    if (!this.#isGreeted) this.tapped.socket.destroy();
  }

  #fail(error: CardumeError): void {
    this.failure ??= error;
  }
}
