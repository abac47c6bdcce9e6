import type { ServerListener } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import { type AnsweredCall, sendOutcome } from './answered-call.ts';
import { FramedSender } from './framed-sender.ts';
import { listenForMessages } from './message-stream.ts';
import type { RawStreamSending } from './raw-stream-call.ts';

/** Answers a call that streams both ways with messages behind gRPC's prefix. */
export type BidiStreamHandler = (requests: AsyncIterable<unknown>, context: CallContext) => AsyncIterable<Buffer>;

/** Answers a call that streams both ways. */
export function answerBidiStream(
  answered: AnsweredCall,
  handler: BidiStreamHandler,
  sending: RawStreamSending,
): ServerListener {
  const { call, context, run } = answered;
  const stream = async (requests: AsyncIterable<unknown>): Promise<undefined> => {
    const sender = new FramedSender({ call, signal: context.signal, ...sending });
    try {
      for await (const framed of handler(requests, context)) {
        context.sendHeader();
        await sender.send(framed);
      }
    } finally {
      sender.close();
    }
  };
  return listenForMessages(answered, async (requests) => {
    sendOutcome(answered, await run(answered, () => stream(requests)));
  });
}
