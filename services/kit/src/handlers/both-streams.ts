import type { CallContext } from 'nice-grpc';
import type { Caller } from '../core/call-gate.ts';
import type { ReceiveWindow } from './receive-window.ts';

/** What a method works with that takes a stream of messages and sends one. */
export interface BothStreamsContext<Response> {
  /** Fires when the caller cancels, and when the server stops. */
  signal: AbortSignal;
  /** Where the call comes from, as the transport says it: `127.0.0.1:1234`. */
  callerAddress: string;
  /** Who calls, on a server with a gate. */
  caller: Caller | undefined;
  /** How much of what the caller sends may be on its way; undefined: nothing can be done about it. */
  receiveWindow: ReceiveWindow | undefined;
  /** Sends a message; resolves when the operating system has it. One at a time. */
  send(message: Response): Promise<void>;
  /** Notes a fact for those who observe calls: they are told when the call has ended. */
  note(fact: object): void;
}

/** A method with a stream either way. The call ends when the promise settles, whatever is under way. */
export type BothStreamsHandler<Request, Response> = (
  requests: AsyncIterable<Request>,
  context: BothStreamsContext<Response>,
) => Promise<void>;

/** Such a handler in the place of a method of nice-grpc's. */
export interface BothStreamsMethod<Request, Response> {
  (requests: AsyncIterable<Request>, context: CallContext): AsyncGenerator<never, void, undefined>;
  readonly [bothHandler]: BothStreamsHandler<Request, Response>;
}

const bothHandler = Symbol('cardume.bothStreamsHandler');

/**
 * Makes a method of a handler that sends when it likes, for an implementation that is given to `serve`. Both ways have back
 * pressure: a message is read when the handler asks for it, and sent when the one before has left.
 */
export function bothStreams<Request, Response>(
  handler: BothStreamsHandler<Request, Response>,
): BothStreamsMethod<Request, Response> {
  // biome-ignore lint/correctness/useYield: its type is a stream's
  async function* placeholder(): AsyncGenerator<never, void, undefined> {
    throw new Error('a method with two streams was called without the interceptor that answers it');
  }
  return Object.assign(placeholder, { [bothHandler]: handler });
}

/** The handler of a method that {@link bothStreams} made; undefined: it is another one. */
export function bothStreamsHandlerOf(method: unknown): BothStreamsHandler<unknown, unknown> | undefined {
  return typeof method === 'function' && bothHandler in method
    ? (method as BothStreamsMethod<unknown, unknown>)[bothHandler]
    : undefined;
}
