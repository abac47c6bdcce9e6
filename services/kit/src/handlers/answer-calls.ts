import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerListener,
} from '@grpc/grpc-js';
import type { CallGate } from '../core/call-gate.ts';
import type { CallLimits } from '../core/calls/call-limits.ts';
import type { FindConnection } from '../core/connections/connection-use.ts';
import type { AnsweredCall, RefuseCall } from './answered-call.ts';
import { answerBidiStream } from './bidi-stream-call.ts';
import type { BothStreamsHandler } from './both-streams.ts';
import { answerBothStreams } from './both-streams-call.ts';
import { endStream, isGone, passFramed } from './call-internals.ts';
import { createOriginOfCall } from './call-origin.ts';
import { answerClientStream } from './client-stream-call.ts';
import { InterceptedContext } from './intercepted-context.ts';
import type { MethodHandlers } from './method-handlers.ts';
import type { RawStreams } from './raw-stream.ts';
import { answerRawStream } from './raw-stream-call.ts';
import type { RunCall } from './run-call.ts';
import { createTurnsOf } from './send-turns.ts';
import { answerUnary } from './unary-call.ts';

export interface AnswerCallsInit extends MethodHandlers {
  rawStreams: RawStreams;
  run: RunCall;
  refuse: RefuseCall;
  limits: CallLimits;
  /** Undefined: everybody may call everything. */
  gate: CallGate | undefined;
  /** Default: connections are not told of their calls. */
  findConnection?: FindConnection | undefined;
  /** For how long a caller may take nothing of a stream before it is ended, in milliseconds. */
  stallTimeoutMs: number;
}

/**
 * Answers the calls of the methods that it is given, and lets all others pass. Each call goes through the gate first, and is
 * counted with those that its caller made of late, before a byte of its message is looked at.
 */
export function createAnsweringInterceptor(init: AnswerCallsInit): ServerInterceptor {
  const { rawStreams, unary, clientStreams, bidiStreams, bothStreams, run, refuse, limits, gate, stallTimeoutMs } =
    init;
  const turnsOf = createTurnsOf();
  // A caller may begin a call, and send its message when it has long been revoked.
  const runAdmitted: RunCall =
    gate === undefined
      ? run
      : (answered, handler) =>
          run(answered, async () => {
            gate.admit(answered.path, answered.context.caller);
            return handler();
          });
  const originOfCall = createOriginOfCall(gate, init.findConnection ?? (() => undefined));
  return ({ path }, call) => {
    // Its caller has reset it, or the connection was cut, before it came here.
    if (isGone(call)) return listening(call, {});
    const origin = originOfCall(call);
    const context = new InterceptedContext(call, origin.caller);
    const answered = { call, path, context, origin, limits, run: runAdmitted, refuse };
    try {
      if (origin.refusal !== undefined) throw origin.refusal.error;
      gate?.admit(path, origin.caller);
      limits.rates?.take(origin);
    } catch (error) {
      return listening(call, refusing(answered, error));
    }
    const unaryHandler = unary.get(path);
    if (unaryHandler !== undefined) return listening(call, answerUnary(answered, unaryHandler));
    const sending = () => ({ turns: turnsOf(call), stallTimeoutMs });
    const streamHandler = rawStreams.get(path);
    if (streamHandler !== undefined) {
      passFramed(call);
      return listening(call, answerRawStream(answered, streamHandler, sending()));
    }
    const clientStreamHandler = clientStreams.get(path);
    if (clientStreamHandler !== undefined) return listening(call, answerClientStream(answered, clientStreamHandler));
    const bidiStreamHandler = bidiStreams.get(path);
    if (bidiStreamHandler !== undefined) {
      passFramed(call);
      return listening(call, answerBidiStream(answered, bidiStreamHandler, sending()));
    }
    return answerOther(answered, bothStreams.get(path));
  };
}

function answerOther(
  answered: AnsweredCall,
  handler: BothStreamsHandler<unknown, unknown> | undefined,
): ServerInterceptingCall {
  const { call } = answered;
  if (handler === undefined) return new ServerInterceptingCall(call);
  passFramed(call);
  return listening(call, answerBothStreams(answered, handler));
}

/** What the listener hears it does not pass on, so that the method's own handler never hears of the call. */
function listening(call: ServerInterceptingCallInterface, listener: ServerListener): ServerInterceptingCall {
  return new ServerInterceptingCall(call, { start: (next) => next(listener) });
}

/** Ends a call with an error at once. */
function refusing(answered: AnsweredCall, error: unknown): ServerListener {
  return {
    onReceiveMetadata: () => answered.refuse(answered, error),
    onReceiveMessage() {},
    onReceiveHalfClose() {},
    onCancel: () => endStream(answered.call),
  };
}
