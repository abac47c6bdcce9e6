import { frameMessage } from '@cardume/client';
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
  /** The call, as methods that are not raw know it. */
  call: CallContext;
  /**
   * Sends a message. It resolves when the operating system has the bytes; only then may they be written over. They are
   * not copied.
   *
   * @param framed the message behind gRPC's prefix, as `frameMessage` and `frameChunk` make it
   * @throws CardumeError TIMED_OUT when the caller takes nothing for too long; an abort error when the signal fires.
   *   After either the transport may still read the bytes: leave them alone
   */
  send(framed: Buffer): Promise<void>;
  /** Notes a fact for those who observe calls, as the audit log: they are told when the call has ended. */
  note(fact: object): void;
}

/** A server-streaming method that sends its messages itself, as bytes. The stream ends when the promise settles. */
export type RawStreamHandler<Request> = (request: Request, context: RawStreamContext) => Promise<void>;

/** A raw handler in the place of a method that gives messages. */
export interface RawStreamMethod<Request> {
  (request: Request, context: CallContext): AsyncGenerator<never, void, undefined>;
  readonly [rawHandler]: RawStreamHandler<Request>;
}

const rawHandler = Symbol('cardume.rawStreamHandler');

/**
 * Makes a method of a raw handler, for an implementation that is given to `serve`. Its messages are not copied.
 */
export function rawStream<Request>(handler: RawStreamHandler<Request>): RawStreamMethod<Request> {
  // biome-ignore lint/correctness/useYield: its type is a stream's
  async function* placeholder(): AsyncGenerator<never, void, undefined> {
    throw new Error('a raw method was called without the interceptor that answers it');
  }
  return Object.assign(placeholder, { [rawHandler]: handler });
}

/** The methods of a service that stream their answers: the path of each, `/cardume.transfer.v1.TransferService/Download`, and its handler. */
export type RawStreams = ReadonlyMap<string, RawStreamHandler<unknown>>;

interface Method {
  name: string;
  requestStream: boolean;
  responseStream: boolean;
  responseType: {
    encode(message: unknown): { finish(): Uint8Array };
    fromPartial?: (message: unknown) => unknown;
  };
}

type StreamMethod = (request: unknown, context: CallContext) => AsyncIterable<unknown>;

/** How many bytes gRPC puts before a message. */
const prefixBytes = 5;

/**
 * Finds the methods of an implementation that only stream their answers, raw or not, and makes the messages of all that do pass
 * the definition's encoder as they are.
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
    if (!method.responseStream) return [key, method];
    if (method.requestStream) return [key, { ...method, responseType: framedType }];
    const handler = isRawStream(implemented)
      ? implemented[rawHandler]
      : framing((implemented as StreamMethod).bind(implementation), method);
    rawStreams.set(`/${definition.fullName}/${method.name}`, handler);
    return [key, { ...method, responseType: framedType }];
  });
  return { definition: { ...definition, methods: Object.fromEntries(methods) }, rawStreams };
}

/** Makes a raw handler of a method that gives messages. */
function framing(method: StreamMethod, { responseType: { encode, fromPartial } }: Method): RawStreamHandler<unknown> {
  return async (request, { call, signal, send }) => {
    for await (const message of method(request, call)) {
      signal.throwIfAborted();
      await send(frameMessage(encode(fromPartial === undefined ? message : fromPartial(message)).finish()));
    }
  };
}

/** Stands for a message type whose values are framed bytes. Used only where grpc-js must frame them itself. */
const framedType = {
  encode: (framed: Buffer) => ({ finish: () => framed.subarray(prefixBytes) }),
  decode: (message: Uint8Array) => message,
};

function isRawStream(method: unknown): method is RawStreamMethod<unknown> {
  return typeof method === 'function' && rawHandler in method;
}
