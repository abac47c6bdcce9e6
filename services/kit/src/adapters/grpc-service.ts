import type { ServiceDefinition } from '@grpc/grpc-js';
import type { MessageType, ServedDefinition } from '../core/served-definition.ts';

/** A service as grpc-js knows it. Its calls are the interceptor's, so that it needs no implementation. */
export function grpcService({ fullName, methods }: ServedDefinition): ServiceDefinition {
  const entries = Object.entries(methods).map(([key, method]) => {
    const { name, requestType, responseType, requestStream, responseStream } = method;
    const described = {
      path: `/${fullName}/${name}`,
      requestStream,
      responseStream,
      requestSerialize: serializeAs(requestType),
      requestDeserialize: requestType.decode,
      responseSerialize: serializeAs(responseType),
      responseDeserialize: responseType.decode,
    };
    return [key, described];
  });
  return Object.fromEntries(entries);
}

function serializeAs({ encode, fromPartial = (message) => message }: MessageType): (message: unknown) => Buffer {
  return (message) => Buffer.from(encode(fromPartial(message)).finish());
}
