import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Server } from 'nice-grpc';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';

const methodName = 'ServerReflectionInfo';

/**
 * Adds `grpc.reflection.v1` and `grpc.reflection.v1alpha` to a server.
 *
 * The two have the same messages, byte for byte; tools of before 2023 know only the old path, and grpcurl tries both.
 */
export function addReflection(server: Server, serviceNames: readonly string[]): void {
  const descriptors = readFileSync(fileURLToPath(import.meta.resolve('@cardume/proto/descriptors.binpb')));
  const listed = [...serviceNames, 'grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];
  const implementation = ServerReflection(descriptors, listed);
  server.add(ServerReflectionService, implementation);
  const { serverReflectionInfo: current } = ServerReflectionService;
  const old = { ...current, options: {}, path: `/grpc.reflection.v1alpha.ServerReflection/${methodName}` };
  server.add({ serverReflectionInfo: old }, implementation);
}
