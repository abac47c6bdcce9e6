import type { CallOptions } from 'nice-grpc-common';

/** Under which name a call's trailer has the details of its error: an encoded `google.rpc.Status`. */
export const errorDetailsKey = 'grpc-status-details-bin';

/**
 * Adds to the error of a call the `google.rpc` details that came with it. Details that cannot be decoded say nothing,
 * and the error stays as it is: anybody can send such.
 *
 * What decodes them is loaded for the first error that has any. Most processes see none, and a small `get` would spend
 * a twentieth of its time on it.
 *
 * @param error a ClientError of nice-grpc
 * @returns that error with the details as its `extra`; or the error itself
 */
export async function withErrorDetails(error: unknown, details: Uint8Array): Promise<unknown> {
  const [{ errorDetailsClientMiddleware }, { Metadata }] = await Promise.all([
    import('nice-grpc-error-details'),
    import('nice-grpc-common'),
  ]);
  // The library decodes what it sees go by, so the end of the call goes by once more. And only here: at the call's own
  // end it decodes inside an event, where bytes that are none of its would end the whole process.
  const failed = errorDetailsClientMiddleware(
    {
      method: { path: '', requestStream: false, responseStream: false, options: {} },
      requestStream: false,
      request: undefined,
      responseStream: false,
      // biome-ignore lint/correctness/useYield: a call that fails yields nothing
      async *next(_request: unknown, options: CallOptions): AsyncGenerator<never, undefined> {
        options.onTrailer?.(Metadata({ [errorDetailsKey]: details }));
        throw error;
      },
    },
    {},
  );
  const thrown = await failed.next().catch((reason: unknown) => reason);
  return typeof thrown === 'object' && thrown !== null && 'extra' in thrown ? thrown : error;
}
