import type { Metadata as GrpcMetadata, ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type CallContext, Metadata } from 'nice-grpc';
import type { Caller } from '../core/call-gate.ts';
import { resetCall } from './call-internals.ts';
import { fromGrpcMetadata, toGrpcMetadata } from './grpc-metadata.ts';

/** How long a caller that is refused in the middle may take to read what was sent before, in milliseconds; then its call is reset. */
const refusedReadMs = 5_000;

/**
 * The context of a call that an interceptor answers. What few calls ask for is made when one does: a renewal takes a
 * hundred microseconds in all, and each of these some of them.
 */
export class InterceptedContext implements CallContext {
  /** Who calls, on a server with a gate; see `CallGate`. */
  readonly caller: Caller | undefined;
  /** The one message of the caller, once it is there. */
  request: unknown;
  /** What the call was ended with in the middle. */
  refusal: unknown;
  /** What the handler noted for those who observe calls. */
  notes: object[] | undefined;
  readonly #call: ServerInterceptingCallInterface;
  #grpcMetadata: GrpcMetadata | undefined;
  #metadata: Metadata | undefined;
  #header: Metadata | undefined;
  #trailer: Metadata | undefined;
  #controller: AbortController | undefined;
  #peer: string | undefined;
  #isAborted = false;
  #isHeaderSent = false;

  constructor(call: ServerInterceptingCallInterface, caller: Caller | undefined) {
    this.#call = call;
    this.caller = caller;
  }

  /** Takes what came before the request. */
  received(metadata: GrpcMetadata): void {
    this.#grpcMetadata = metadata;
  }

  /** Notes something for those who observe calls. */
  note(fact: object): void {
    this.notes ??= [];
    this.notes.push(fact);
  }

  get metadata(): Metadata {
    this.#metadata ??= this.#grpcMetadata === undefined ? Metadata() : fromGrpcMetadata(this.#grpcMetadata);
    return this.#metadata;
  }

  get peer(): string {
    this.#peer ??= this.#call.getPeer();
    return this.#peer;
  }

  get header(): Metadata {
    this.#header ??= Metadata();
    return this.#header;
  }

  get trailer(): Metadata {
    this.#trailer ??= Metadata();
    return this.#trailer;
  }

  /** Fires when the caller cancels, and when the server stops. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  sendHeader(): void {
    if (!this.#isHeaderSent && this.#header !== undefined && [...this.#header].length > 0)
      this.#call.sendMetadata(toGrpcMetadata(this.#header));
    this.#isHeaderSent = true;
  }

  /** What the status carries; undefined when there is nothing. */
  grpcTrailer(): GrpcMetadata | undefined {
    return this.#trailer === undefined ? undefined : toGrpcMetadata(this.#trailer);
  }

  /** Ends the call in the middle with an error. */
  refuse(error: unknown): void {
    if (this.refusal !== undefined) return;
    this.refusal = error;
    this.abort();
    // The status waits behind bytes that the caller may never take.
    setTimeout(() => resetCall(this.#call), refusedReadMs).unref();
  }

  /** Fires the signal. */
  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort();
  }
}

/**
 * Who calls a method of a service that was made by `serve`, as the server's gate has identified it; undefined where there is
 * no gate, or no certificate is needed.
 */
export function callerOf(context: CallContext): Caller | undefined {
  return context instanceof InterceptedContext ? context.caller : undefined;
}

/** Notes a fact of a call for those who observe calls, as the audit log: they are told when it has ended. */
export function noteFact(context: CallContext, fact: object): void {
  if (context instanceof InterceptedContext) context.note(fact);
}
