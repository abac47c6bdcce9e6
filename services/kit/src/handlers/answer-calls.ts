import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerListener,
} from '@grpc/grpc-js';
import type { CallGate } from '../core/call-gate.ts';
import { type AnsweredCall, sendOutcome } from './answered-call.ts';
import { passFramed } from './call-internals.ts';
import { createCallerOfCall } from './caller-of-call.ts';
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
  /** Undefined: everybody may call everything. */
  gate: CallGate | undefined;
  /** For how long a caller may take nothing of a raw stream before it is ended, in milliseconds. */
  stallTimeoutMs: number;
}

/**
 * Answers the calls of the methods that it is given, and lets all others pass: those of nice-grpc, as health and reflection.
 * Each call goes through the gate first, before a byte of its message is looked at.
 */
export function createAnsweringInterceptor(init: AnswerCallsInit): ServerInterceptor {
  const { rawStreams, unary, clientStreams, run, gate, stallTimeoutMs } = init;
  const turnsOf = createTurnsOf();
  const callerOfCall = gate === undefined ? undefined : createCallerOfCall(gate);
  // A caller may begin a call, and send its message when it has long been revoked.
  const runAdmitted: RunCall =
    gate === undefined
      ? run
      : (answered, handler) =>
          run(answered, async () => {
            gate.admit(answered.path, answered.context.caller);
            return handler();
          });
  const contextOf = (call: ServerInterceptingCallInterface): { context: InterceptedContext; refusal?: unknown } => {
    try {
      return { context: new InterceptedContext(call, callerOfCall?.(call)) };
    } catch (refusal) {
      return { context: new InterceptedContext(call, undefined), refusal };
    }
  };
  return ({ path }, call) => {
    const { context, refusal } = contextOf(call);
    const answered = { call, path, context, run: runAdmitted };
    try {
      if (refusal !== undefined) throw refusal;
      gate?.admit(path, context.caller);
    } catch (error) {
      return listening(call, refuse({ ...answered, run }, error));
    }
    const unaryHandler = unary.get(path);
    if (unaryHandler !== undefined) return listening(call, answerUnary(answered, unaryHandler));
    const streamHandler = rawStreams.get(path);
    if (streamHandler !== undefined) {
      passFramed(call);
      return listening(call, answerRawStream(answered, streamHandler, { turns: turnsOf(call), stallTimeoutMs }));
    }
    const clientStreamHandler = clientStreams.get(path);
    if (clientStreamHandler !== undefined) return listening(call, answerClientStream(answered, clientStreamHandler));
    return new ServerInterceptingCall(call);
  };
}

/** What the listener hears it does not pass on, so that the method's own handler never hears of the call. */
function listening(call: ServerInterceptingCallInterface, listener: ServerListener): ServerInterceptingCall {
  return new ServerInterceptingCall(call, { start: (next) => next(listener) });
}

/** Ends a call with an error at once. */
function refuse(answered: AnsweredCall, error: unknown): ServerListener {
  return {
    onReceiveMetadata() {
      void answered.run(answered, () => Promise.reject(error)).then((outcome) => sendOutcome(answered, outcome));
    },
    onReceiveMessage() {},
    onReceiveHalfClose() {},
    onCancel() {},
  };
}
