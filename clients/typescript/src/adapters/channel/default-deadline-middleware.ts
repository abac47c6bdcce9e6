import type { DeadlineOptions } from 'nice-grpc-client-middleware-deadline';
import type { ClientMiddleware } from 'nice-grpc-common';

/** How long a unary call may take when the caller sets no deadline of its own. */
export const defaultDeadlineMs = 10_000;

/** Gives each unary call a deadline. Streams have none: their bounds are those of whoever reads them. */
export const defaultDeadlineMiddleware: ClientMiddleware<DeadlineOptions> = (call, options) => {
  const unary = !call.method.requestStream && !call.method.responseStream;
  return call.next(call.request, unary ? { ...options, deadline: options.deadline ?? defaultDeadlineMs } : options);
};
