import type { ServerListener } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import { type AnsweredCall, sendOutcome } from './answered-call.ts';
import { listenForOneRequest } from './one-request.ts';
import { checkDecodable } from './undecodable-request.ts';

/** Answers a unary call. */
export type UnaryHandler = (request: unknown, context: CallContext) => Promise<object>;

/** Answers a unary call by itself: nice-grpc takes as long for each as gRPC does. */
export function answerUnary(answered: AnsweredCall, handler: UnaryHandler): ServerListener {
  const { context, run } = answered;
  return listenForOneRequest({
    ...answered,
    kind: 'unary',
    async answer(request) {
      const outcome = await run(answered, async () => {
        checkDecodable(request);
        context.request = request;
        return handler(request, context);
      });
      sendOutcome(answered, outcome);
    },
  });
}
