import { CardumeError, durationFromMs, errorDomain, isAbort, messageOf, type StatusName } from '@cardume/client';
import { ServerError, type ServerMiddleware, Status } from 'nice-grpc';
import { BadRequest, type ErrorDetails, ErrorInfo, RetryInfo, RichServerError } from 'nice-grpc-error-details';
import type { Logger } from '../core/logger.ts';

/**
 * The one place where errors become statuses.
 *
 * A CardumeError travels with its reason, fields and delay (`google.rpc.ErrorInfo`, `BadRequest`, `RetryInfo`);
 * an abort is CANCELLED; everything else is a defect: the caller gets INTERNAL with a generic text, and the log gets
 * the whole story. No stack, path or errno leaves this process.
 */
export function createErrorMiddleware(logger: Logger): ServerMiddleware {
  return async function* errorMiddleware(call, context) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      if (error instanceof ServerError || isAbort(error)) throw error;
      if (CardumeError.is(error)) {
        if (error.code === 'INTERNAL') logFailure(logger, call.method.path, error);
        throw toServerError(error);
      }
      logFailure(logger, call.method.path, error);
      throw toServerError(new CardumeError('INTERNAL', 'the server failed at this request; its log says why'));
    }
  };
}

function logFailure(logger: Logger, method: string, error: unknown): void {
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? error.stack : undefined;
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? messageOf(error.cause) : undefined;
  logger.error({ method, error: messageOf(error), stack, cause }, 'request failed');
}

/** The gRPC error that a CardumeError travels as. */
function toServerError(error: CardumeError): RichServerError {
  const details: ErrorDetails[] = [
    ErrorInfo.fromPartial({ reason: error.reason, domain: errorDomain, metadata: error.metadata }),
  ];
  if (error.fieldViolations.length > 0) {
    details.push(BadRequest.fromPartial({ fieldViolations: error.fieldViolations }));
  }
  if (error.retryDelayMs !== undefined) {
    details.push(RetryInfo.fromPartial({ retryDelay: durationFromMs(error.retryDelayMs) }));
  }
  return new RichServerError(statusNumber(error.code), error.message, details);
}

function statusNumber(name: StatusName): Status {
  return Status[name];
}
