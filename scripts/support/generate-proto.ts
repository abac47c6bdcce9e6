import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './repository.ts';

/**
 * Generates proto/gen from the .proto files: TypeScript by ts-proto, and the descriptor set that reflection serves.
 *
 * Run inside npm, which puts buf and its plugin on PATH.
 *
 * @param into the folder that gets `proto/gen`; the repository itself, or a scratch folder to compare it with
 */
export function generateProto(into: string): void {
  const buf = (...args: string[]): void => {
    execFileSync('buf', args, { cwd: root, stdio: 'inherit' });
  };

  buf('generate', '--output', into);

  // Health, reflection and error details are served too, so grpcurl should know them: the .proto files of the first two
  // come from the packages of the gRPC project. A FileDescriptorSet is one repeated field, so sets are concatenated.
  const scratch = mkdtempSync(join(tmpdir(), 'cardume-proto-'));
  try {
    const inputs = [
      '.',
      'node_modules/grpc-health-check/proto',
      'node_modules/@grpc/reflection/build/proto/grpc',
      'services/kit/proto',
    ];
    const sets = inputs.map((input, index) => {
      const output = join(scratch, `${index}.binpb`);
      buf('build', input, '--as-file-descriptor-set', '-o', output);
      return readFileSync(output);
    });
    writeFileSync(join(into, 'proto/gen/descriptors.binpb'), Buffer.concat(sets));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
