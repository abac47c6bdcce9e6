const asItIs = (bytes: Buffer): Buffer => bytes;

/** A service with one unary method whose messages are bytes, for @grpc/grpc-js. */
export const echoService = {
  echo: {
    path: '/bench.EchoService/Echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} as const;
