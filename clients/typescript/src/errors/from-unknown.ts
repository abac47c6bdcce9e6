import { CardumeError, errnoOf, type FieldViolation, messageOf } from './cardume-error.ts';
import { type ErrorReason, isErrorReason } from './error-reason.ts';

/** gRPC's status numbers, as `google.rpc.Code` has them, to the reason that stands for one without an ErrorInfo. */
const reasonOfStatus: Record<number, ErrorReason> = {
  1: 'CANCELLED',
  3: 'INVALID_FIELD',
  4: 'TIMED_OUT',
  5: 'FILE_NOT_SHARED',
  7: 'NOT_ALLOWED',
  8: 'LIMIT_REACHED',
  9: 'FILE_CHANGED',
  11: 'OFFSET_OUT_OF_RANGE',
  12: 'METHOD_UNKNOWN',
  14: 'UNREACHABLE',
  15: 'BYTES_MISMATCH',
  16: 'NOT_ALLOWED',
};

const diskFullErrnos: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** The shape of nice-grpc's ClientError and RichClientError; duck-typed, for they may come from another copy. */
interface GrpcError {
  path: string;
  code: number;
  details: string;
  extra?: readonly GrpcDetail[];
}

interface GrpcDetail {
  reason?: string;
  domain?: string;
  metadata?: Record<string, string>;
  fieldViolations?: FieldViolation[];
  retryDelay?: { seconds: number; nanos: number };
}

/** The domain of our ErrorInfo details. */
export const errorDomain = 'cardume';

function isGrpcError(error: unknown): error is GrpcError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'path' in error &&
    'details' in error &&
    'code' in error &&
    typeof error.code === 'number'
  );
}

/**
 * Makes a CardumeError of whatever was thrown: the one place that converts.
 *
 * - a CardumeError stays as it is;
 * - a gRPC error becomes the reason in its ErrorInfo, or the one that its status stands for;
 * - an abort becomes CANCELLED, a full disk DISK_FULL, any other error of the operating system LOCAL_IO_FAILED;
 * - the rest becomes INTERNAL.
 *
 * @param doing what was being done, to begin the message with: `search at 127.0.0.1:50051`
 */
export function cardumeErrorFrom(error: unknown, doing?: string): CardumeError {
  if (CardumeError.is(error)) return error;
  if (isGrpcError(error)) return fromGrpc(error, doing);
  const errno = errnoOf(error);
  const prefix = doing === undefined ? '' : `${doing}: `;
  if (isAbort(error)) return new CardumeError('CANCELLED', `${prefix}cancelled`, { cause: error });
  if (errno !== undefined && diskFullErrnos.has(errno)) {
    return new CardumeError('DISK_FULL', `${prefix}no space left on the disk`, { cause: error });
  }
  if (errno !== undefined && /^E[A-Z0-9]+$/.test(errno)) {
    return new CardumeError('LOCAL_IO_FAILED', `${prefix}${messageOf(error)}`, { cause: error });
  }
  return new CardumeError('INTERNAL', `${prefix}${messageOf(error)}`, { cause: error });
}

/** Whether something was thrown because an AbortSignal fired. */
export function isAbort(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return ('name' in error && error.name === 'AbortError') || errnoOf(error) === 'ABORT_ERR';
}

function fromGrpc(error: GrpcError, doing: string | undefined): CardumeError {
  const details = error.extra ?? [];
  const info = details.find((detail) => detail.domain === errorDomain);
  const known = info?.reason !== undefined && isErrorReason(info.reason) ? info.reason : undefined;
  const delay = details.find((detail) => detail.retryDelay !== undefined)?.retryDelay;
  const text = known === undefined && doing !== undefined ? `${doing}${withoutTransportTalk(error)}` : error.details;
  return new CardumeError(known ?? reasonOfStatus[error.code] ?? 'INTERNAL', text, {
    cause: error,
    ...(info?.metadata === undefined ? {} : { metadata: info.metadata }),
    fieldViolations: details.flatMap((detail) => detail.fieldViolations ?? []),
    ...(delay === undefined ? {} : { retryDelayMs: delay.seconds * 1000 + delay.nanos / 1e6 }),
  });
}

/** What a transport says about a connection that it cannot make, in fewer words; other texts as they are. */
function withoutTransportTalk({ code, details }: GrpcError): string {
  const errno = code === 14 ? /^No connection established\..* connect (E[A-Z]+)/.exec(details)?.[1] : undefined;
  return errno === undefined ? `: ${details}` : ` does not answer (${errno})`;
}
