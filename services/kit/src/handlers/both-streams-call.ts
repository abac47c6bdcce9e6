import type { ServerListener } from '@grpc/grpc-js';
import { type AnsweredCall, sendOutcome } from './answered-call.ts';
import type { BothStreamsHandler } from './both-streams.ts';
import { resetCall } from './call-internals.ts';
import { listenForMessages } from './message-stream.ts';
import { receiveWindowOf } from './receive-window.ts';

/** Answers a call with a stream either way. In memory are one message that came, and one that leaves. */
export function answerBothStreams(
  answered: AnsweredCall,
  handler: BothStreamsHandler<unknown, unknown>,
): ServerListener {
  const { call, context, run } = answered;
  let sending = 0;
  const send = async (message: unknown): Promise<void> => {
    const { signal } = context;
    signal.throwIfAborted();
    context.sendHeader();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // gRPC says no more of what it had not sent when the call ended.
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort);
    sending += 1;
    call.sendMessage(message, () => {
      sending -= 1;
      resolve();
    });
    await promise.finally(() => signal.removeEventListener('abort', abort));
  };
  const answer = async (requests: AsyncIterable<unknown>): Promise<void> => {
    const { signal, peer: callerAddress, caller } = context;
    const note = (fact: object): void => context.note(fact);
    const receiveWindow = receiveWindowOf(call);
    const callContext = { signal, callerAddress, caller, receiveWindow, send, note };
    const outcome = await run(answered, () => handler(requests, callContext));
    // A status would wait behind what its caller does not take.
    if (sending > 0) resetCall(call);
    sendOutcome(answered, { ...outcome, response: undefined });
  };
  // Its bound is the handler's affair, which knows what the call is for.
  return listenForMessages(answered, answer, { isPatient: true });
}
