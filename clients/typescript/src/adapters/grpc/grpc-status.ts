import type { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import { withErrorDetails } from './with-error-details.ts';

/** How a call ended, as it stands in HTTP/2 trailers: a number of `google.rpc.Code`, a text, and encoded details. */
export interface GrpcStatus {
  code: number;
  message: string;
  /** A `google.rpc.Status`, encoded. */
  details: Buffer | undefined;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Reads the status out of HTTP/2 headers or trailers.
 *
 * @returns undefined when there is none
 */
export function readGrpcStatus(headers: Headers): GrpcStatus | undefined {
  const code = headers['grpc-status'];
  if (typeof code !== 'string' || !/^\d{1,2}$/.test(code)) return undefined;
  const message = headers['grpc-message'];
  const details = headers['grpc-status-details-bin'];
  return {
    code: Number(code),
    message: typeof message === 'string' ? percentDecoded(message) : '',
    details: typeof details === 'string' ? Buffer.from(details, 'base64') : undefined,
  };
}

/** The error that a status other than OK of a method's path stands for; `doing` is as in {@link cardumeErrorFrom}. */
export async function errorOfStatus(
  { code, message, details }: GrpcStatus,
  path: string,
  doing: string,
): Promise<CardumeError> {
  // What nice-grpc throws, as far as anybody reads it.
  if (details === undefined) {
    return cardumeErrorFrom(Object.assign(new Error(message), { path, code, details: message }), doing);
  }
  const { ClientError } = await import('nice-grpc-common');
  return cardumeErrorFrom(await withErrorDetails(new ClientError(path, code, message), details), doing);
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The gRPC specification: what is not valid is shown as it came.
    return text;
  }
}
