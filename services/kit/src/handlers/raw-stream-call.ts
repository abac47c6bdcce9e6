import type { ServerInterceptingCallInterface, ServerListener } from '@grpc/grpc-js';
import type { CallContext } from 'nice-grpc';
import { FramedSender } from './framed-sender.ts';
import { listenForOneRequest } from './one-request.ts';
import type { RawStreamHandler } from './raw-stream.ts';
import type { RunCall } from './run-call.ts';
import type { SendTurns } from './send-turns.ts';

/** A call of a raw method to be answered. */
export interface RawStreamCall {
  call: ServerInterceptingCallInterface;
  path: string;
  handler: RawStreamHandler<unknown>;
  run: RunCall;
  /** Those of the call's connection. */
  turns: SendTurns;
  /** For how long the caller may take nothing, in milliseconds. */
  stallTimeoutMs: number;
}

/** Answers a call of a raw method, whose messages go the shortest way. */
export function answerRawStream({ call, path, handler, run, turns, stallTimeoutMs }: RawStreamCall): ServerListener {
  const stream = async (request: unknown, context: CallContext): Promise<void> => {
    const { signal, peer: callerAddress } = context;
    const sender = new FramedSender({ call, turns, signal, stallTimeoutMs });
    const send = (framed: Buffer): Promise<void> => {
      context.sendHeader();
      return sender.send(framed);
    };
    try {
      await handler(request, { signal, callerAddress, send });
    } finally {
      sender.close();
    }
  };
  return listenForOneRequest({
    call,
    kind: 'server streaming',
    path,
    async answer(request, context) {
      const { code, details } = await run({ path, request, context }, stream);
      context.sendHeader();
      call.sendStatus({ code, details, metadata: context.grpcTrailer() ?? null });
    },
  });
}
