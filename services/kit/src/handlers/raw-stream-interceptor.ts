import { isAbort, messageOf } from '@cardume/client';
import {
  type Metadata as GrpcMetadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerListener,
} from '@grpc/grpc-js';
import { type CallContext, Metadata, ServerError, type ServerMiddleware, Status } from 'nice-grpc';
import { passFramed } from './call-internals.ts';
import { FramedSender } from './framed-sender.ts';
import { fromGrpcMetadata, toGrpcMetadata } from './grpc-metadata.ts';
import type { RawStreamHandler, RawStreams } from './raw-stream.ts';
import { createTurnsOf, type SendTurns } from './send-turns.ts';

export interface RawStreamInit {
  rawStreams: RawStreams;
  /** What every call goes through, errors becoming statuses included. */
  middleware: ServerMiddleware;
  /** For how long a caller may take nothing of a raw stream before it is ended, in milliseconds. */
  stallTimeoutMs: number;
}

/** Answers the calls of raw methods, and lets all others pass. */
export function createRawStreamInterceptor(init: RawStreamInit): ServerInterceptor {
  const turnsOf = createTurnsOf();
  return ({ path }, call) => {
    const handler = init.rawStreams.get(path);
    if (handler === undefined) return new ServerInterceptingCall(call);
    passFramed(call);
    const listener = new RawCall(call, path, handler, { ...init, turnsOf }).listener();
    // What the listener hears it does not pass on, so that the method's placeholder never hears of the call.
    return new ServerInterceptingCall(call, { start: (next) => next(listener) });
  };
}

type RawCallInit = Pick<RawStreamInit, 'middleware' | 'stallTimeoutMs'> & {
  turnsOf: (call: ServerInterceptingCallInterface) => SendTurns;
};

/** One call of a raw method. */
class RawCall {
  readonly #call: ServerInterceptingCallInterface;
  readonly #path: string;
  readonly #handler: RawStreamHandler<unknown>;
  readonly #init: RawCallInit;
  readonly #cancelled = new AbortController();
  #isAnswered = false;
  #metadata: GrpcMetadata | undefined;
  #request: { message: unknown } | undefined;

  constructor(
    call: ServerInterceptingCallInterface,
    path: string,
    handler: RawStreamHandler<unknown>,
    init: RawCallInit,
  ) {
    this.#call = call;
    this.#path = path;
    this.#handler = handler;
    this.#init = init;
  }

  listener(): ServerListener {
    return {
      onReceiveMetadata: (metadata) => {
        this.#metadata = metadata;
        this.#call.startRead();
      },
      onReceiveMessage: (message) => {
        if (this.#request !== undefined) this.#refuse('a second');
        else {
          this.#request = { message };
          this.#call.startRead();
        }
      },
      onReceiveHalfClose: () => {
        if (this.#request === undefined) this.#refuse('no');
        else void this.#answer(this.#request.message);
      },
      onCancel: () => {
        // It also comes after each call that ended well.
        if (!this.#isAnswered) this.#cancelled.abort();
      },
    };
  }

  /** Refuses a call without exactly one request, as grpc-js does. */
  #refuse(which: string): void {
    this.#call.sendStatus({
      code: Status.UNIMPLEMENTED,
      details: `Received ${which} request message for server streaming method ${this.#path}`,
    });
  }

  async #answer(message: unknown): Promise<void> {
    const context = this.#context();
    const method = { path: this.#path, requestStream: false, responseStream: true, options: {} };
    const call = { method, requestStream: false, request: message, responseStream: true } as const;
    const next = (request: unknown, nextContext: CallContext): AsyncGenerator<never, void, undefined> =>
      this.#run(request, nextContext);
    let status: { code: Status; details: string };
    try {
      const { done } = await this.#init.middleware({ ...call, next }, context).next();
      if (done !== true) throw new Error('it sent a message, which a raw method takes from nobody');
      status = { code: Status.OK, details: '' };
    } catch (error) {
      status = statusOf(error);
    }
    this.#isAnswered = true;
    context.sendHeader();
    this.#call.sendStatus({ ...status, metadata: toGrpcMetadata(context.trailer) });
  }

  /** To the middlewares it is a stream, though its messages take a shorter way. */
  async *#run(request: unknown, context: CallContext): AsyncGenerator<never, void, undefined> {
    const { signal, peer: callerAddress } = context;
    const { turnsOf, stallTimeoutMs } = this.#init;
    const sender = new FramedSender({ call: this.#call, turns: turnsOf(this.#call), signal, stallTimeoutMs });
    const send = (framed: Buffer): Promise<void> => {
      context.sendHeader();
      return sender.send(framed);
    };
    try {
      await this.#handler(request, { signal, callerAddress, send });
    } finally {
      sender.close();
    }
  }

  #context(): CallContext {
    const header = Metadata();
    let isHeaderSent = false;
    return {
      metadata: this.#metadata === undefined ? Metadata() : fromGrpcMetadata(this.#metadata),
      peer: this.#call.getPeer(),
      header,
      sendHeader: () => {
        if (!isHeaderSent && [...header].length > 0) this.#call.sendMetadata(toGrpcMetadata(header));
        isHeaderSent = true;
      },
      trailer: Metadata(),
      signal: this.#cancelled.signal,
    };
  }
}

/** The status of what the middlewares threw; the error middleware leaves nothing else than these. */
function statusOf(error: unknown): { code: Status; details: string } {
  if (error instanceof ServerError) return { code: error.code, details: error.details };
  if (isAbort(error)) return { code: Status.CANCELLED, details: 'The operation was cancelled' };
  process.emitWarning(`a middleware of a raw method failed: ${messageOf(error)}`);
  return { code: Status.UNKNOWN, details: 'Unknown server error occurred' };
}
