import type { ServerListener } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import { type AnsweredCall, sendOutcome } from './answered-call.ts';
import { listenForMessages } from './message-stream.ts';

/** Answers a client-streaming call. */
export type ClientStreamHandler = (requests: AsyncIterable<unknown>, context: CallContext) => Promise<object>;

/** Answers a client-streaming call. */
export function answerClientStream(answered: AnsweredCall, handler: ClientStreamHandler): ServerListener {
  return listenForMessages(answered, async (requests) => {
    sendOutcome(answered, await answered.run(answered, () => handler(requests, answered.context)));
  });
}
