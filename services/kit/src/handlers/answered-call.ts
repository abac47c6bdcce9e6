import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { CallLimits } from '../core/calls/call-limits.ts';
import type { CallOrigin } from './call-origin.ts';
import type { InterceptedContext } from './intercepted-context.ts';
import type { CallOutcome, RunCall } from './run-call.ts';

/** A call that the interceptor answers. */
export interface AnsweredCall {
  call: ServerInterceptingCallInterface;
  /** `/cardume.index.v1.IndexService/Search` */
  path: string;
  context: InterceptedContext;
  origin: CallOrigin;
  limits: CallLimits;
  run: RunCall;
  refuse: RefuseCall;
}

/** Ends a call with an error. */
export type RefuseCall = (answered: AnsweredCall, error: unknown) => void;

/**
 * Sends how a call ended. The status goes out with the message, not when the message was written, which saves a packet.
 *
 * @param outcome its response is the one message of a call that sends one; undefined: it has sent its messages, or none
 */
export function sendOutcome(
  { call, context }: Pick<AnsweredCall, 'call' | 'context'>,
  { response, code, details }: CallOutcome<object | undefined>,
): void {
  context.sendHeader();
  if (response !== undefined) call.sendMessage(response, () => {});
  call.sendStatus({ code, details, metadata: context.grpcTrailer() ?? null });
}
