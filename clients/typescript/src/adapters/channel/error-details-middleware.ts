import type { ClientMiddleware, Metadata } from 'nice-grpc-common';
import { errorDetailsKey, withErrorDetails } from '../grpc/with-error-details.ts';

/** Gives the error of a call its `google.rpc` details: see {@link withErrorDetails}. */
export const errorDetailsMiddleware: ClientMiddleware = async function* errorDetailsMiddleware(call, options) {
  let details: Uint8Array | undefined;
  const onTrailer = (trailer: Metadata): void => {
    details = trailer.get(errorDetailsKey);
    options.onTrailer?.(trailer);
  };
  try {
    return yield* call.next(call.request, { ...options, onTrailer });
  } catch (error) {
    throw details === undefined ? error : await withErrorDetails(error, details);
  }
};
