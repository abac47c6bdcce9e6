// Generates proto/gen from the .proto files: TypeScript by ts-proto, and the descriptor set that reflection serves.
// Run inside npm, which puts node_modules/.bin on PATH.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const buf = (...args: string[]): void => {
  execFileSync('buf', args, { cwd: root, stdio: 'inherit' });
};

buf('generate');

// Health and reflection are served too, so `grpcurl describe` should know them: their .proto files come from the
// packages of the gRPC project. A FileDescriptorSet is one repeated field, so the sets are joined by concatenation.
const scratch = mkdtempSync(join(tmpdir(), 'cardume-proto-'));
try {
  const inputs = ['.', 'node_modules/grpc-health-check/proto', 'node_modules/@grpc/reflection/build/proto/grpc'];
  const sets = inputs.map((input, index) => {
    const output = join(scratch, `${index}.binpb`);
    buf('build', input, '--as-file-descriptor-set', '-o', output);
    return readFileSync(output);
  });
  writeFileSync(join(root, 'proto/gen/descriptors.binpb'), Buffer.concat(sets));
} finally {
  rmSync(scratch, { recursive: true });
}
