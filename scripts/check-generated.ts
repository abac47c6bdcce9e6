// Fails when proto/gen is not what the .proto files generate. It generates into a scratch folder, and changes nothing.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateProto } from './support/generate-proto.ts';
import { root } from './support/repository.ts';

function filesBelow(folder: string): Map<string, Buffer> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path)];
    }),
  );
}

const scratch = mkdtempSync(join(tmpdir(), 'cardume-generated-'));
try {
  generateProto(scratch);
  const expected = filesBelow(join(scratch, 'proto/gen'));
  const actual = filesBelow(join(root, 'proto/gen'));
  const paths = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  const differing = paths.filter((path) => {
    const wanted = expected.get(path);
    return wanted === undefined || actual.get(path)?.equals(wanted) !== true;
  });
  for (const path of differing) console.error(`proto/gen/${path} is not what the .proto files generate: make proto`);
  if (differing.length > 0) process.exitCode = 1;
  else console.log(`${expected.size} generated files are what the .proto files generate`);
} finally {
  rmSync(scratch, { recursive: true });
}
