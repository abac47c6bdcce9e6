import { iteratePushed } from '../../core/concurrency/pushed-items.ts';
import { isUnbegun } from '../../core/wire/stream-reset.ts';
import { CardumeError, messageOf } from '../../errors/cardume-error.ts';
import type { GrpcSession } from './grpc-session.ts';
import type { ReceivingCall } from './receiving-call.ts';
import { WholeMessageReader } from './whole-message-reader.ts';

/** How long a unary call may take when the caller does not say. */
export const defaultDeadlineMs = 10_000;

/** Options of a call. */
export interface GrpcCallOptions {
  signal?: AbortSignal | undefined;
  /** For how long a unary call may take, in milliseconds. Default: 10,000. */
  deadlineMs?: number | undefined;
}

interface MessageType<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
  // biome-ignore lint/suspicious/noExplicitAny: what it takes is less than the message, in ways that its own type says
  fromPartial(partial: any): Message;
}

/** A method as ts-proto's generic definitions describe it. */
interface Method {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: of any message
  readonly requestType: MessageType<any>;
  // biome-ignore lint/suspicious/noExplicitAny: of any message
  readonly responseType: MessageType<any>;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** A service as ts-proto's generic definitions describe it. */
export interface Service {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, Method>>;
}

type RequestOf<One extends Method> = Parameters<One['requestType']['fromPartial']>[0];
type ResponseOf<One extends Method> = ReturnType<One['responseType']['decode']>;
type CallOf<One extends Method> = One['requestStream'] extends true
  ? never
  : One['responseStream'] extends true
    ? (request: RequestOf<One>, options?: GrpcCallOptions) => AsyncGenerator<ResponseOf<One>, void, undefined>
    : (request: RequestOf<One>, options?: GrpcCallOptions) => Promise<ResponseOf<One>>;

/** The methods of a service that are asked one message. */
export type GrpcClient<Definition extends Service> = {
  [Key in keyof Definition['methods']]: CallOf<Definition['methods'][Key]>;
};

/**
 * Makes a client of a service over a session. All its errors are CardumeErrors.
 *
 * A stream has no deadline: its bounds are those of whoever reads it. Methods that are sent a stream are not here: see
 * `openChannel`.
 *
 * @param who whom it leads to, for errors: `index HOST:PORT`
 */
export function grpcClient<Definition extends Service>(
  definition: Definition,
  session: GrpcSession,
  who: string,
): GrpcClient<Definition> {
  const calls = Object.entries(definition.methods).map(([key, method]) => {
    const path = `/${definition.fullName}/${method.name}`;
    const call = method.responseStream
      ? (request: unknown, options: GrpcCallOptions = {}) =>
          callStream({ session, who, path, method, request, options })
      : (request: unknown, options: GrpcCallOptions = {}) =>
          callUnary({ session, who, path, method, request, options });
    return [key, call];
  });
  return Object.fromEntries(calls);
}

interface Call {
  session: GrpcSession;
  who: string;
  path: string;
  method: Method;
  request: unknown;
  options: GrpcCallOptions;
}

/** A call that came when the server had just begun to stop is made again: where it was made, there may be another one by now. */
async function callUnary(call: Call): Promise<unknown> {
  const { deadlineMs = defaultDeadlineMs } = call.options;
  const endMs = performance.now() + deadlineMs;
  try {
    return await callOnce(call, deadlineMs);
  } catch (error) {
    if (!isUnbegun(error)) throw error;
    return callOnce(call, Math.max(1, Math.ceil(endMs - performance.now())));
  }
}

async function callOnce({ session, who, path, method, request, options }: Call, deadlineMs: number): Promise<unknown> {
  const { signal } = options;
  let response: { message: unknown } | undefined;
  const reader = new WholeMessageReader(who, (message) => {
    if (response !== undefined) throw new CardumeError('BYTES_MISMATCH', `${who} answered twice`);
    response = { message: decode(method, message, who) };
  });
  const call = session.call(path, encode(method, request), reader, { deadlineMs });
  const timer = setTimeout(() => call.cancel(timedOut(who, deadlineMs)), deadlineMs);
  const stopListening = cancelOn(signal, call, who);
  try {
    await call.ended;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
  if (response === undefined) throw new CardumeError('BYTES_MISMATCH', `${who} ended the call without an answer`);
  return response.message;
}

async function* callStream(init: Call): AsyncGenerator<unknown, void, undefined> {
  const { session, who, path, method, request, options } = init;
  const { source, items } = iteratePushed<unknown, ReceivingCall>(
    (push) => {
      const reader = new WholeMessageReader(who, (message) => push(decode(method, message, who), message.length + 1));
      return session.call(path, encode(method, request), reader);
    },
    (call) => call.cancel(new CardumeError('CANCELLED', `${who}: nobody reads the stream any more`)),
  );
  const stopListening = cancelOn(options.signal, source, who);
  try {
    yield* items;
  } finally {
    stopListening();
  }
}

function encode(method: Method, request: unknown): Uint8Array {
  return method.requestType.encode(method.requestType.fromPartial(request)).finish();
}

function decode(method: Method, message: Uint8Array, who: string): unknown {
  try {
    return method.responseType.decode(message);
  } catch (error) {
    throw new CardumeError('BYTES_MISMATCH', `${who} sent a message that cannot be decoded: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Has a signal cancel a call; returns what ends that. */
function cancelOn(signal: AbortSignal | undefined, call: ReceivingCall, who: string): () => void {
  const cancel = (): void => {
    const cause: unknown = signal?.reason;
    const isStalled = CardumeError.is(cause) && cause.reason === 'TIMED_OUT';
    call.cancel(isStalled ? cause : new CardumeError('CANCELLED', `${who}: cancelled`, { cause }));
  };
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel);
  return () => signal?.removeEventListener('abort', cancel);
}

function timedOut(who: string, deadlineMs: number): CardumeError {
  return new CardumeError('TIMED_OUT', `${who} did not answer within ${deadlineMs / 1_000} s`);
}
