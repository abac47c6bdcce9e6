import { CardumeError } from '@cardume/client';

type Decode = (bytes: Uint8Array) => unknown;
type Methods = Record<string, { requestType: { decode: Decode } }>;

/** The bytes of a request, until somebody is there who wants it. */
class ReceivedRequest {
  readonly #bytes: Uint8Array;
  readonly #decode: Decode;

  constructor(bytes: Uint8Array, decode: Decode) {
    this.#bytes = bytes;
    this.#decode = decode;
  }

  decode(): unknown {
    return this.#decode(this.#bytes);
  }
}

/**
 * A definition whose requests are decoded by {@link decoded}, when their handler begins.
 *
 * grpc-js decodes a message when its last byte is there, and answers INTERNAL to what it cannot decode, as if the server were
 * at fault. And what is decoded takes up to fifty times the memory of its bytes, for as long as a caller likes that does not
 * end its call.
 *
 * @param definition as ts-proto makes it
 */
export function withLateDecoding<Definition extends { methods: object }>(definition: Definition): Definition {
  const methods = Object.entries(definition.methods as Methods).map(([key, method]) => {
    const { requestType } = method;
    const decode: Decode = (bytes) => new ReceivedRequest(bytes, requestType.decode);
    return [key, { ...method, requestType: { ...requestType, decode } }];
  });
  return { ...definition, methods: Object.fromEntries(methods) };
}

/**
 * Decodes a request.
 *
 * @param received anything else than a request of {@link withLateDecoding} is given back as it is
 * @throws CardumeError INVALID_FIELD
 */
export function decoded(received: unknown): unknown {
  if (!(received instanceof ReceivedRequest)) return received;
  try {
    return received.decode();
  } catch {
    throw CardumeError.invalidField(
      'request',
      "the bytes are not this method's message, or a number in it is beyond 2^53; look at the contract",
    );
  }
}
