import type { Http2Session } from 'node:http2';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { sessionOf, streamIdOf } from './call-internals.ts';

/** How much of what the caller of one call sends may be on its way here: HTTP/2 begins with 64 KiB, which is 1.5 MB/s at 20 ms. */
export interface ReceiveWindow {
  /** Asks the caller's HTTP/2 for life. @returns how long the answer took, in milliseconds; undefined: none comes any more */
  roundTrip(): Promise<number | undefined>;
  /**
   * Lets so many bytes be on their way. From then on the connection takes no further call, which would be let send as much.
   *
   * @returns whether the caller keeps to it from now on; false: others have been on the connection, or it has ended
   */
  widen(bytes: number): Promise<boolean>;
  /** Ends the connection with its call, if it was widened. */
  close(): void;
}

/** The window of a call that has its connection for itself; undefined: it has not, or the connection is out of reach. */
export function receiveWindowOf(call: ServerInterceptingCallInterface): ReceiveWindow | undefined {
  const session = sessionOf(call);
  // The window of HTTP/2 is that of all streams of a connection: this one is the first, and is to be the only one.
  if (session === undefined || session.destroyed || streamIdOf(call) !== 1) return undefined;
  return new SessionWindow(session);
}

class SessionWindow implements ReceiveWindow {
  readonly #session: Http2Session;
  #isAlone = true;
  #isWide = false;

  constructor(session: Http2Session) {
    this.#session = session;
    session.once('stream', () => {
      this.#isAlone = false;
    });
  }

  get #isOpen(): boolean {
    return !this.#session.destroyed && !this.#session.closed;
  }

  roundTrip(): Promise<number | undefined> {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    if (this.#isOpen) this.#session.ping((error, durationMs) => resolve(error === null ? durationMs : undefined));
    else resolve(undefined);
    return promise;
  }

  widen(bytes: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (!this.#isAlone || !this.#isOpen) {
      resolve(false);
      return promise;
    }
    this.#isWide = true;
    this.#session.setLocalWindowSize(bytes);
    // Further streams are refused as soon as this is said; the window is wider when the caller has agreed.
    const settings = { initialWindowSize: bytes, maxConcurrentStreams: 1 };
    this.#session.settings(settings, (error) => resolve(error === null));
    return promise;
  }

  close(): void {
    if (this.#isWide && this.#isOpen) this.#session.close();
  }
}
