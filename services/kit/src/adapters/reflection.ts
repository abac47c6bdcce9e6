import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';

const { serverReflectionInfo: method } = ServerReflectionService;

/**
 * The services `grpc.reflection.v1` and `grpc.reflection.v1alpha` of a server: definitions and what implements them.
 *
 * The two have the same messages, byte for byte; tools of before 2023 know only the old path, and grpcurl tries both.
 */
export function reflectionServices(serviceNames: readonly string[]) {
  const descriptors = readFileSync(fileURLToPath(import.meta.resolve('@cardume/proto/descriptors.binpb')));
  const fullNames = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];
  const implementation = ServerReflection(descriptors, [...serviceNames, ...fullNames]);
  return fullNames.map((fullName) => ({ definition: reflectionDefinition(fullName), implementation }));
}

/** As ts-proto would make it; the library has it as grpc-js does. */
function reflectionDefinition(fullName: string) {
  return {
    name: 'ServerReflection',
    fullName,
    methods: {
      serverReflectionInfo: {
        name: 'ServerReflectionInfo',
        requestType: messageType(method.requestSerialize, method.requestDeserialize),
        requestStream: true,
        responseType: messageType(method.responseSerialize, method.responseDeserialize),
        responseStream: true,
        options: {},
      },
    },
  } as const;
}

function messageType<Message>(serialize: (message: Message) => Buffer, deserialize: (bytes: Buffer) => Message) {
  return {
    encode: (message: Message) => ({ finish: () => serialize(message) }),
    decode: (bytes: Uint8Array) => deserialize(Buffer.from(bytes)),
    fromPartial: (message: Message) => message,
  };
}
