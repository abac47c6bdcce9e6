import type { ServerListener } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import { type AnsweredCall, sendOutcome } from './answered-call.ts';
import { checkDecodable } from './undecodable-request.ts';
import { untilAborted } from './until-aborted.ts';

/** Answers a client-streaming call. */
export type ClientStreamHandler = (requests: AsyncIterable<unknown>, context: CallContext) => Promise<object>;

/** Answers a client-streaming call. Each message is read when the handler wants it, so that only one is in memory. */
export function answerClientStream(answered: AnsweredCall, handler: ClientStreamHandler): ServerListener {
  const { call, context, run } = answered;
  let isAnswered = false;
  let wanted: ((next: IteratorResult<unknown, undefined>) => void) | undefined;
  let hasEnded = false;
  const end = { done: true, value: undefined } as const;
  const give = (next: IteratorResult<unknown, undefined>): void => {
    wanted?.(next);
    wanted = undefined;
  };
  const messages: AsyncIterable<unknown> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (hasEnded) return end;
        const { promise, resolve } = Promise.withResolvers<IteratorResult<unknown, undefined>>();
        wanted = resolve;
        call.startRead();
        const next = await promise;
        if (next.done !== true) checkDecodable(next.value);
        return next;
      },
    }),
  };
  const answer = async (): Promise<void> => {
    // A handler that waits for the caller's next message does not look at its signal meanwhile.
    const requests = untilAborted(messages, context.signal);
    const outcome = await run(answered, () => handler(requests, context));
    isAnswered = true;
    sendOutcome(answered, outcome);
  };
  return {
    onReceiveMetadata(metadata) {
      context.received(metadata);
      void answer();
    },
    onReceiveMessage: (value) => give({ done: false, value }),
    onReceiveHalfClose() {
      hasEnded = true;
      give(end);
    },
    onCancel() {
      // It also comes after each call that ended well.
      if (!isAnswered) context.abort();
    },
  };
}
