import { ServerInterceptingCall, type ServerInterceptor, type ServerListener } from '@grpc/grpc-js';
import { passFramed } from './call-internals.ts';
import type { RawStreams } from './raw-stream.ts';
import { answerRawStream } from './raw-stream-call.ts';
import type { RunCall } from './run-call.ts';
import { createTurnsOf } from './send-turns.ts';
import { answerUnary, type UnaryMethods } from './unary-call.ts';

export interface AnswerCallsInit {
  rawStreams: RawStreams;
  unaryMethods: UnaryMethods;
  run: RunCall;
  /** For how long a caller may take nothing of a raw stream before it is ended, in milliseconds. */
  stallTimeoutMs: number;
}

/** Answers the calls of raw and unary methods, and lets all others pass. */
export function createAnsweringInterceptor(init: AnswerCallsInit): ServerInterceptor {
  const { rawStreams, unaryMethods, run, stallTimeoutMs } = init;
  const turnsOf = createTurnsOf();
  return ({ path }, call) => {
    const unary = unaryMethods.get(path);
    if (unary !== undefined) return listening(call, answerUnary({ call, path, handler: unary, run }));
    const handler = rawStreams.get(path);
    if (handler === undefined) return new ServerInterceptingCall(call);
    passFramed(call);
    const turns = turnsOf(call);
    return listening(call, answerRawStream({ call, path, handler, run, turns, stallTimeoutMs }));
  };
}

/** What the listener hears it does not pass on, so that the method's own handler never hears of the call. */
function listening(
  call: ConstructorParameters<typeof ServerInterceptingCall>[0],
  listener: ServerListener,
): ServerInterceptingCall {
  return new ServerInterceptingCall(call, { start: (next) => next(listener) });
}
