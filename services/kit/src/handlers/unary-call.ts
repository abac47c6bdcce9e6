import type { ServerListener } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import { type AnsweredCall, sendOutcome } from './answered-call.ts';
import { decoded } from './late-decoding.ts';
import { listenForOneRequest } from './one-request.ts';

/** Answers a unary call. */
export type UnaryHandler = (request: unknown, context: CallContext) => Promise<object>;

/** Answers a unary call. */
export function answerUnary(answered: AnsweredCall, handler: UnaryHandler): ServerListener {
  const { context, run } = answered;
  return listenForOneRequest({
    answered,
    kind: 'unary',
    async answer(received) {
      const outcome = await run(answered, async () => {
        const request = decoded(received);
        context.request = request;
        return handler(request, context);
      });
      sendOutcome(answered, outcome);
    },
  });
}
