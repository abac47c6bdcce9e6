import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const chunk = Buffer.allocUnsafe(1024 * 1024);

/** Writes a file that nothing can compress or tell from another, and returns the SHA-256 of its content. */
export function writeRandomFile(path: string, sizeBytes: number): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'w');
  try {
    for (let done = 0; done < sizeBytes; done += chunk.length) {
      const bytes = randomFillSync(chunk.subarray(0, Math.min(chunk.length, sizeBytes - done)));
      hash.update(bytes);
      writeSync(file, bytes);
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
