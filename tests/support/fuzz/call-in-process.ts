import { messageOf } from '@cardume/client';
import type { CallPipeline, ServedService } from '@cardume/service-kit';
import {
  Metadata,
  type ServerInterceptingCallInterface,
  type ServerListener,
  type ServerMethodDefinition,
} from '@grpc/grpc-js';
import { Status } from 'nice-grpc';
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

/** The methods of a definition as ts-proto makes it, by their names. */
function methodsOf(definition: object): Map<string, Method> {
  const methods = Object.values((definition as { methods: Record<string, Method> }).methods);
  return new Map(methods.map((method) => [method.name, method]));
}

/**
 * Calls a service as its server does, with all but the transport: the bytes of requests are decoded as there, calls go through
 * the server's interceptor, the handlers are the real ones, and their answers are made into bytes, and read.
 *
 * @param served what `startServer` would be given
 * @param definition the service's own, by which a caller reads what was answered
 */
export function callsInProcess(served: ServedService, definition: object, { interceptor }: CallPipeline) {
  const readers = methodsOf(definition);
  const methods = methodsOf(served.definition);
  return (tried: TriedCall): Promise<Outcome> => {
    const method = methods.get(tried.method);
    const reader = readers.get(tried.method)?.responseType;
    if (method === undefined || reader === undefined) throw new Error(`the server has no method ${tried.method}`);
    const path = `/${served.fullName}/${tried.method}`;
    const transport = new CallWithoutTransport(tried, method, reader, served.rawStreams.has(path));
    const { requestStream, responseStream } = method;
    const definitionOfMethod = { path, requestStream, responseStream } as ServerMethodDefinition<unknown, unknown>;
    // What it would pass on is for grpc-js, which no method is left to.
    interceptor(definitionOfMethod, transport).start({
      onReceiveMetadata: nobody,
      onReceiveMessage: nobody,
      onReceiveHalfClose: nobody,
      onCancel: () => {},
    });
    return transport.outcome;
  };
}

function nobody(): never {
  throw new Error('the server left a call of its own to grpc-js');
}

/** What grpc-js is to an interceptor, with a caller behind it that is here. */
class CallWithoutTransport implements ServerInterceptingCallInterface {
  readonly #tried: TriedCall;
  readonly #method: Method;
  readonly #reader: Codec;
  readonly #isRaw: boolean;
  readonly #answers: Uint8Array[] = [];
  readonly #ended = Promise.withResolvers<Outcome>();
  #listener: ServerListener | undefined;
  #readCount = 0;
  #hasEnded = false;
  #hasLeft = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(tried: TriedCall, method: Method, reader: Codec, isRaw: boolean) {
    this.#tried = tried;
    this.#method = method;
    this.#reader = reader;
    this.#isRaw = isRaw;
  }

  get outcome(): Promise<Outcome> {
    return this.#ended.promise;
  }

  start(listener: ServerListener): void {
    this.#listener = listener;
    const { isPatient = false } = this.#tried;
    if (this.#method.responseStream && !isPatient) this.#patience = setTimeout(() => this.#leave(), streamPatienceMs);
    listener.onReceiveMetadata?.(new Metadata(), nobody);
  }

  startRead(): void {
    const { messages } = this.#tried;
    const at = this.#readCount++;
    queueMicrotask(() => {
      if (this.#hasEnded) return;
      const bytes = messages[at] ?? (at === 0 && !this.#method.requestStream ? new Uint8Array() : undefined);
      if (bytes === undefined) this.#listener?.onReceiveHalfClose?.(nobody);
      else this.#listener?.onReceiveMessage?.(this.#method.requestType.decode(bytes), nobody);
    });
  }

  sendMetadata(): void {}

  sendMessage(message: unknown, callback: () => void): void {
    if (this.#hasEnded) return;
    try {
      for (const bytes of this.#bytesOf(message)) {
        this.#reader.decode(bytes);
        this.#answers.push(bytes);
      }
    } catch (error) {
      this.#end({ status: 'INTERNAL', reason: undefined, text: `an answer is none: ${messageOf(error)}` });
      return;
    }
    setImmediate(callback);
    if (this.#answers.length >= this.#tried.maxAnswers && this.#method.responseStream) this.#leave();
  }

  #bytesOf(message: unknown): readonly Uint8Array[] {
    if (!this.#isRaw) {
      const { encode, fromPartial } = this.#method.responseType;
      return [encode(fromPartial(message)).finish()];
    }
    const { messages, rest } = unframed(message as Buffer);
    if (rest.length > 0) throw new Error('what is sent is no whole message');
    return messages;
  }

  sendStatus({
    code = Status.UNKNOWN,
    details = '',
    metadata,
  }: Parameters<ServerInterceptingCallInterface['sendStatus']>[0]): void {
    const [trailer] = metadata?.get('grpc-status-details-bin') ?? [];
    const reason = typeof trailer === 'object' ? reasonIn(trailer) : undefined;
    this.#end({ status: Status[code] ?? 'UNKNOWN', reason, text: details });
  }

  getPeer(): string {
    return '127.0.0.1:1';
  }

  getDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  getHost(): string {
    return '127.0.0.1';
  }

  getAuthContext(): Record<string, never> {
    return {};
  }

  getConnectionInfo(): ReturnType<ServerInterceptingCallInterface['getConnectionInfo']> {
    return { localAddress: '127.0.0.1', localPort: 1, remoteAddress: '127.0.0.1', remotePort: 1 };
  }

  getMetricsRecorder(): never {
    throw new Error('nobody records metrics of a call');
  }

  /** The caller goes, or the call has ended, of which listeners are told in the same way. What becomes of the call shows when its handler has ended. */
  #leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    process.nextTick(() => this.#listener?.onCancel?.());
  }

  #end(how: Omit<Outcome, 'answers'>): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#patience);
    this.#leave();
    // Not before the server has been told: callers that each wait for the one before would put that off for ever.
    process.nextTick(() => this.#ended.resolve({ ...how, answers: this.#answers }));
  }
}
