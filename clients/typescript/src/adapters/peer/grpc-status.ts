import { type CallOptions, ClientError, Metadata, type MethodDescriptor } from 'nice-grpc-common';
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details';
import type { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';

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

/** The error that a status other than OK stands for; `doing` is as in {@link cardumeErrorFrom}. */
export async function errorOfStatus(
  { code, message, details }: GrpcStatus,
  method: MethodDescriptor,
  doing: string,
): Promise<CardumeError> {
  const trailer = new Metadata(details === undefined ? undefined : { 'grpc-status-details-bin': details });
  // Decodes the details as for every other call, by the library that does it there.
  const failed = errorDetailsClientMiddleware(
    {
      method,
      requestStream: false,
      request: undefined,
      responseStream: false,
      // biome-ignore lint/correctness/useYield: a call that fails yields nothing
      async *next(_request: unknown, options: CallOptions): AsyncGenerator<never, void> {
        options.onTrailer?.(trailer);
        throw new ClientError(method.path, code, message);
      },
    },
    {},
  );
  try {
    await failed.next();
  } catch (error) {
    return cardumeErrorFrom(error, doing);
  }
  throw new Error('a failed call did not fail');
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The gRPC specification: what is not valid is shown as it came.
    return text;
  }
}
