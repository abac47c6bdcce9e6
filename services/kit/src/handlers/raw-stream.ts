import type { CallContext, CompatServiceDefinition } from 'nice-grpc';
import type { Caller } from '../core/call-gate.ts';

/** What a raw streaming method works with. */
export interface RawStreamContext {
  /** Fires when the caller cancels, and when the server stops. */
  signal: AbortSignal;
  /** Where the call comes from, as the transport says it: `127.0.0.1:1234`. */
  callerAddress: string;
  /** Who calls, on a server with a gate. */
  caller: Caller | undefined;
  /**
   * Sends a message. It resolves when the operating system has the bytes; only then may they be written over. They are
   * not copied.
   *
   * @param framed the message behind gRPC's prefix, as `frameMessage` and `frameChunk` make it
   * @throws CardumeError TIMED_OUT when the caller takes nothing for too long; an abort error when the signal fires.
   *   After either the transport may still read the bytes: leave them alone
   */
  send(framed: Buffer): Promise<void>;
}

/** A server-streaming method that sends its messages itself, as bytes. The stream ends when the promise settles. */
export type RawStreamHandler<Request> = (request: Request, context: RawStreamContext) => Promise<void>;

/** A raw handler in the place of a method of nice-grpc's. */
export interface RawStreamMethod<Request> {
  (request: Request, context: CallContext): AsyncGenerator<never, void, undefined>;
  readonly [rawHandler]: RawStreamHandler<Request>;
}

const rawHandler = Symbol('cardume.rawStreamHandler');

/**
 * Makes a method of a raw handler, for an implementation that is given to `serve`. Its calls do not go through nice-grpc,
 * which copies each message twice; the middlewares are the same.
 */
export function rawStream<Request>(handler: RawStreamHandler<Request>): RawStreamMethod<Request> {
  // biome-ignore lint/correctness/useYield: its type is a stream's
  async function* placeholder(): AsyncGenerator<never, void, undefined> {
    throw new Error('a raw method was called without the interceptor that answers it');
  }
  return Object.assign(placeholder, { [rawHandler]: handler });
}

/** The raw methods of a service: the path of each, `/cardume.transfer.v1.TransferService/Download`, and its handler. */
export type RawStreams = ReadonlyMap<string, RawStreamHandler<unknown>>;

type Method = { name: string; responseType: object };

/** How many bytes gRPC puts before a message. */
const prefixBytes = 5;

/**
 * Finds the raw methods of an implementation, and makes their messages pass the definition's encoder as they are.
 *
 * @param definition as ts-proto makes it; any other has no raw methods
 */
export function separateRawStreams<Definition extends CompatServiceDefinition>(
  definition: Definition,
  implementation: object,
): { definition: Definition; rawStreams: RawStreams } {
  const rawStreams = new Map<string, RawStreamHandler<unknown>>();
  if (!('methods' in definition)) return { definition, rawStreams };
  const methods = Object.entries(definition.methods as Record<string, Method>).map(([key, method]) => {
    const implemented: unknown = Reflect.get(implementation, key);
    if (!isRawStream(implemented)) return [key, method];
    rawStreams.set(`/${definition.fullName}/${method.name}`, implemented[rawHandler]);
    return [key, { ...method, responseType: framedType }];
  });
  return { definition: { ...definition, methods: Object.fromEntries(methods) }, rawStreams };
}

/** Stands for a message type whose values are framed bytes. Used only where grpc-js must frame them itself. */
const framedType = {
  encode: (framed: Buffer) => ({ finish: () => framed.subarray(prefixBytes) }),
  decode: (message: Uint8Array) => message,
};

function isRawStream(method: unknown): method is RawStreamMethod<unknown> {
  return typeof method === 'function' && rawHandler in method;
}
