import type { ServerListener } from '@grpc/grpc-js';
import { type AnsweredCall, sendOutcome } from './answered-call.ts';
import { FramedSender } from './framed-sender.ts';
import { decoded } from './late-decoding.ts';
import { listenForOneRequest } from './one-request.ts';
import type { RawStreamHandler } from './raw-stream.ts';
import type { SendTurns } from './send-turns.ts';

/** How the messages of a raw method leave. */
export interface RawStreamSending {
  /** Those of the call's connection. */
  turns: SendTurns;
  /** For how long the caller may take nothing, in milliseconds. */
  stallTimeoutMs: number;
}

/** Answers a call of a raw method, whose messages go the shortest way. */
export function answerRawStream(
  answered: AnsweredCall,
  handler: RawStreamHandler<unknown>,
  { turns, stallTimeoutMs }: RawStreamSending,
): ServerListener {
  const { call, context, run } = answered;
  const stream = async (received: unknown): Promise<undefined> => {
    const request = decoded(received);
    context.request = request;
    const { signal, peer: callerAddress, caller } = context;
    const sender = new FramedSender({ call, turns, signal, stallTimeoutMs });
    const send = (framed: Buffer): Promise<void> => {
      context.sendHeader();
      return sender.send(framed);
    };
    const note = (fact: object): void => context.note(fact);
    try {
      await handler(request, { signal, callerAddress, caller, call: context, send, note });
    } finally {
      sender.close();
    }
  };
  return listenForOneRequest({
    answered,
    kind: 'server streaming',
    async answer(received) {
      sendOutcome(answered, await run(answered, () => stream(received)));
    },
  });
}
