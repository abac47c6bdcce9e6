import { Duplex } from 'node:stream';
import { CardumeError } from '../../errors/cardume-error.ts';

/** How many bytes one message carries: more gain nothing, and a relay takes four times as many. */
const maxDataBytes = 64 * 1024;

/** A call with a stream either way, as a client of gRPC makes it. */
export type TunnelCall<Request> = (
  requests: AsyncIterable<Request>,
  options: { signal: AbortSignal },
) => AsyncIterable<{ data: Uint8Array }>;

/** What a tunnel's stream is made of. */
export interface TunnelStreamInit<Request> {
  call: TunnelCall<Request>;
  /** The first message, which says what the tunnel is for. */
  first: Request;
  requestOf: (data: Uint8Array<ArrayBuffer>) => Request;
}

/** A stream of bytes through a relay. */
export interface TunnelStream {
  readonly stream: Duplex;
  /** Resolves when the other side is there; rejects with why it is not. */
  readonly opened: Promise<void>;
}

/**
 * Makes a stream of bytes of a call: as a socket, both ways have back pressure. It fails with the error of the call; the call
 * ends when it is destroyed.
 */
export function tunnelStream<Request>({ call, first, requestOf }: TunnelStreamInit<Request>): TunnelStream {
  const ended = new AbortController();
  const opened = Promise.withResolvers<void>();
  // Who made the stream may only look at that.
  opened.promise.catch(() => undefined);
  const writes = new WriteQueue();
  let wantsMore = (): void => undefined;

  async function* requests(): AsyncGenerator<Request, void, undefined> {
    yield first;
    for await (const data of writes) yield requestOf(data);
  }
  const stream = new Duplex({
    // A relay ends both ways together.
    allowHalfOpen: false,
    // What HTTP/2 has of the other side's is enough.
    readableHighWaterMark: maxDataBytes,
    read: () => wantsMore(),
    write: (chunk: Buffer, _encoding, done) => writes.push(chunk, done),
    final(done) {
      writes.end();
      done();
    },
    destroy(error, done) {
      writes.end();
      ended.abort();
      opened.reject(error ?? new CardumeError('UNREACHABLE', 'the relay ended the connection'));
      done(error);
    },
  });
  const receive = async (): Promise<void> => {
    let isOpen = false;
    for await (const { data } of call(requests(), { signal: ended.signal })) {
      if (!isOpen) opened.resolve();
      isOpen = true;
      if (data.length === 0 || stream.push(data)) continue;
      await new Promise<void>((resolve) => {
        wantsMore = resolve;
        ended.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    stream.push(null);
  };
  // Whoever uses it hears of a failure by `opened`, or by its end.
  stream.on('error', () => undefined);
  receive().catch((error: Error) => stream.destroy(error));
  return { stream, opened: opened.promise };
}

/** Gives what is written, part by part, to whoever iterates; a write is done when the part after its last one is asked for. */
class WriteQueue implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  #write: { rest: Buffer; done: () => void } | undefined;
  #hasEnded = false;
  #wake = (): void => undefined;

  /** Takes one write; the next one comes when it is done. */
  push(chunk: Buffer, done: () => void): void {
    this.#write = { rest: chunk, done };
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (;;) {
      while (this.#write !== undefined) {
        const { rest, done } = this.#write;
        // It may be the caller's own memory, which is its again when it is told so.
        yield Buffer.from(rest.subarray(0, maxDataBytes));
        const left = rest.subarray(maxDataBytes);
        this.#write = left.length === 0 ? undefined : { rest: left, done };
        if (left.length === 0) done();
      }
      if (this.#hasEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
