import { messageOf } from '@cardume/client';
import type { CallMiddleware, ServedService } from '@cardume/service-kit';
import { type CallContext, Metadata, ServerError, Status } from 'nice-grpc';
import { reasonIn } from '../../contract/support/error-details.ts';
import type { Outcome } from './documented-outcomes.ts';
import type { TriedCall } from './request-cases.ts';
import { unframed } from './wire.ts';

/** How long the caller of a stream stays, when nothing comes. */
const streamPatienceMs = 5;

interface Codec {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): { finish(): Uint8Array };
  fromPartial(message: unknown): unknown;
}

interface Method {
  name: string;
  requestType: Codec;
  requestStream: boolean;
  responseType: Codec;
  responseStream: boolean;
}

/** The methods of a definition as ts-proto makes it. */
function methodsOf(definition: object): [key: string, method: Method][] {
  return Object.entries((definition as { methods: Record<string, Method> }).methods);
}

/**
 * Calls a service as its server does, with all but the transport: the bytes of requests are decoded as there, all of the
 * server's middleware is passed, the handlers are the real ones, and their answers are made into bytes, and read.
 *
 * @param served what `startServer` would be given
 * @param definition the service's own, by which a caller reads what was answered
 */
export function callsInProcess(served: ServedService, definition: object, { middleware }: CallMiddleware) {
  const readers = new Map(methodsOf(definition).map(([, { name, responseType }]) => [name, responseType]));
  const methods = new Map(methodsOf(served.definition).map(([key, method]) => [method.name, { key, ...method }]));

  /** The handler of a method, with its answers as they leave. */
  async function* handle(key: string, method: Method, request: unknown, context: CallContext, onAnswer: OnAnswer) {
    const raw = served.rawStreams.get(`/${served.fullName}/${method.name}`);
    if (raw !== undefined) {
      const send = async (framed: Buffer): Promise<void> => {
        context.signal.throwIfAborted();
        const { messages, rest } = unframed(framed);
        if (rest.length > 0) throw new Error('what is sent is no whole message');
        for (const message of messages) onAnswer(message);
      };
      await raw(request, { signal: context.signal, callerAddress: context.peer, send });
      return;
    }
    const handler: unknown = Reflect.get(served.implementation, key);
    if (typeof handler !== 'function') throw new Error(`${method.name} is not implemented`);
    const { encode, fromPartial } = method.responseType;
    const answer = (message: unknown): void => onAnswer(encode(fromPartial(message)).finish());
    if (!method.responseStream) {
      const message: unknown = await handler.call(served.implementation, request, context);
      answer(message);
      return message;
    }
    for await (const message of handler.call(served.implementation, request, context)) {
      context.signal.throwIfAborted();
      answer(message);
    }
  }

  return async ({ method: name, messages, maxAnswers, isPatient = false }: TriedCall): Promise<Outcome> => {
    const method = methods.get(name);
    const reader = readers.get(name);
    if (method === undefined || reader === undefined) throw new Error(`the server has no method ${name}`);
    const caller = new AbortController();
    const context = contextOf(caller.signal);
    const answers: Uint8Array[] = [];
    const onAnswer: OnAnswer = (bytes) => {
      reader.decode(bytes);
      answers.push(bytes);
      if (answers.length >= maxAnswers && method.responseStream) caller.abort();
    };
    const { requestStream, responseStream, requestType } = method;
    const next = (request: unknown, passed: CallContext) => handle(method.key, method, request, passed, onAnswer);
    const descriptor = { path: `/${served.fullName}/${name}`, requestStream, responseStream, options: {} };
    const request = requestStream
      ? decoded(messages, requestType)
      : requestType.decode(messages[0] ?? new Uint8Array());
    // Which kind of call it is, is known only here and now, and not to the types.
    const call = { method: descriptor, requestStream, responseStream, request, next } as never;
    const patience = responseStream && !isPatient ? setTimeout(() => caller.abort(), streamPatienceMs) : undefined;
    try {
      const { done } = await middleware(call, context).next();
      if (done !== true) throw new Error('a message came past the handler');
      return { status: 'OK', reason: undefined, text: '', answers };
    } catch (error) {
      return { ...failureOf(error, context), answers };
    } finally {
      clearTimeout(patience);
    }
  };
}

type OnAnswer = (bytes: Uint8Array) => void;

async function* decoded(messages: readonly Uint8Array[], { decode }: Codec): AsyncGenerator<unknown> {
  for (const message of messages) yield decode(message);
}

function contextOf(signal: AbortSignal): CallContext {
  return {
    metadata: Metadata(),
    peer: '127.0.0.1:1',
    header: Metadata(),
    sendHeader: () => {},
    trailer: Metadata(),
    signal,
  };
}

/** What grpc-js would make of what the outermost middleware threw. */
function failureOf(error: unknown, { trailer, signal }: CallContext): Omit<Outcome, 'answers'> {
  if (error instanceof ServerError) {
    const details = trailer.get('grpc-status-details-bin');
    const reason = details === undefined ? undefined : reasonIn(details);
    return { status: Status[error.code] ?? 'UNKNOWN', reason, text: error.details };
  }
  return { status: signal.aborted ? 'CANCELLED' : 'UNKNOWN', reason: undefined, text: messageOf(error) };
}
