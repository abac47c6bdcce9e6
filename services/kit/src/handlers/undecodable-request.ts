import { CardumeError } from '@cardume/client';
import type { CompatServiceDefinition } from 'nice-grpc';

/** Stands in the place of a request that is not the message of its method. */
class UndecodableRequest {}

type Decode = (...args: never[]) => unknown;
type Methods = Record<string, { requestType: { decode: Decode }; requestStream: boolean; responseStream: boolean }>;

/**
 * A definition whose requests never fail to be decoded.
 *
 * grpc-js answers INTERNAL to bytes that it cannot decode, as if the server were at fault, and never asks our code. So
 * such bytes are let through under a mark, and {@link checkDecodable} refuses them as what they are.
 *
 * @param definition as ts-proto makes it; any other is returned as it is
 */
export function withTolerantDecoding(definition: CompatServiceDefinition): CompatServiceDefinition {
  if (!('methods' in definition)) return definition;
  const methods = Object.entries(definition.methods as Methods).map(([key, method]) => {
    const { requestType, requestStream, responseStream } = method;
    // Nobody would look for the mark: these are nice-grpc's, and we have none.
    if (requestStream && responseStream) return [key, method];
    const decode: Decode = (...args) => {
      try {
        return requestType.decode(...args);
      } catch {
        return new UndecodableRequest();
      }
    };
    return [key, { ...method, requestType: { ...requestType, decode } }];
  });
  return { ...definition, methods: Object.fromEntries(methods) } as CompatServiceDefinition;
}

/**
 * Looks for the mark.
 *
 * @throws CardumeError INVALID_FIELD
 */
export function checkDecodable(request: unknown): void {
  if (request instanceof UndecodableRequest) {
    throw CardumeError.invalidField(
      'request',
      "the bytes are not this method's message, or a number in it is beyond 2^53; look at the contract",
    );
  }
}
