import { CardumeError, isAbort, messageOf } from '@cardume/client';
import { type CallContext, ServerError, type ServerMiddleware, Status } from 'nice-grpc';
import type { InterceptedContext } from './intercepted-context.ts';
import type { BeginCall } from './observe-calls.ts';
import type { Terminator } from './terminator.ts';

/** How a call ended. */
export interface CallOutcome<Response> {
  code: Status;
  details: string;
  /** Undefined when it failed. */
  response: Response | undefined;
}

/**
 * Runs the handler of a call that an interceptor answers, with all that the middlewares do for other calls: it is observed,
 * ended when the server stops, and its errors become statuses. It never rejects.
 */
export type RunCall = <Response>(
  call: { path: string; context: InterceptedContext },
  handler: () => Promise<Response>,
) => Promise<CallOutcome<Response>>;

/** What {@link createRunCall} needs. */
export interface RunCallInit {
  begin: BeginCall;
  terminator: Terminator;
  /** Makes a gRPC error of what a handler throws, and puts its details into the trailer. */
  errorMiddleware: ServerMiddleware;
}

/** Makes what runs calls. Middlewares are generators within each other, which cost a short call more than its handler does. */
export function createRunCall({ begin, terminator, errorMiddleware }: RunCallInit): RunCall {
  return async ({ path, context }, handler) => {
    const end = begin(path, context);
    let leave: (() => void) | undefined;
    try {
      leave = terminator.enter(context, path);
      const response = await handler();
      end({ status: 'OK', response });
      return { code: Status.OK, details: '', response };
    } catch (error) {
      const explained = context.refusal ?? terminator.explain(error);
      const failure = await failureOf(errorMiddleware, explained, path, context);
      const reason = CardumeError.is(explained) ? explained.reason : undefined;
      end({ status: Status[failure.code] ?? 'UNKNOWN', reason });
      return { ...failure, response: undefined };
    } finally {
      leave?.();
    }
  };
}

type Failure = Pick<CallOutcome<never>, 'code' | 'details'>;

/** Lets the middleware make a status of an error. */
async function failureOf(
  middleware: ServerMiddleware,
  error: unknown,
  path: string,
  context: CallContext,
): Promise<Failure> {
  const method = { path, requestStream: false, responseStream: false, options: {} };
  // biome-ignore lint/correctness/useYield: its type is a stream's
  const next = async function* (): AsyncGenerator<never, never, undefined> {
    throw error;
  };
  const call = { method, requestStream: false, request: undefined, responseStream: false, next } as const;
  try {
    await middleware(call, context).next();
    return statusOf(error);
  } catch (mapped) {
    return statusOf(mapped);
  }
}

/** The status of what the middleware threw, which leaves nothing else than these. */
function statusOf(error: unknown): Failure {
  if (error instanceof ServerError) return { code: error.code, details: error.details };
  if (isAbort(error)) return { code: Status.CANCELLED, details: 'The operation was cancelled' };
  process.emitWarning(`an error became no status: ${messageOf(error)}`);
  return { code: Status.UNKNOWN, details: 'Unknown server error occurred' };
}
