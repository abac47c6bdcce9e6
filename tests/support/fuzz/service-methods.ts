import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, type DescMethod, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const descriptors = readFileSync(fileURLToPath(import.meta.resolve('@cardume/proto/descriptors.binpb')));
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors));

/** The methods of a service, as the contract has them: one that is new is among them without anybody's doing. */
export function serviceMethods(fullName: string): readonly DescMethod[] {
  const service = registry.getService(fullName);
  if (service === undefined) throw new Error(`the contract has no service ${fullName}`);
  return service.methods;
}

/** The full names of all services of ours. */
export function ownServices(): string[] {
  return [...registry].flatMap(({ kind, typeName }) =>
    kind === 'service' && typeName.startsWith('cardume.') ? [typeName] : [],
  );
}
