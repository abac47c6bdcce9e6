import type { ClientMiddleware } from 'nice-grpc-common';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';

/**
 * Makes every error of a call a CardumeError.
 *
 * @param peerName whom the channel leads to, for the messages of errors that the other side did not word itself
 */
export function createErrorMiddleware(peerName: string): ClientMiddleware {
  return async function* errorMiddleware(call, options) {
    try {
      return yield* call.next(call.request, options);
    } catch (error) {
      throw cardumeErrorFrom(error, peerName);
    }
  };
}
