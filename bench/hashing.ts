import { createHash, randomBytes } from 'node:crypto';
import { DigestBuilder, usualPieceLength } from '@cardume/client';
import type { BenchmarkResult } from './support/benchmark.ts';
import { measurePairs } from './support/measure-pairs.ts';

const sizeBytes = 256 * 1024 * 1024;
const chunkBytes = 1024 * 1024;

/** The digest of 256 MiB in memory, fed in 1 MiB chunks, against one SHA-256 over the same chunks. */
export async function benchHashing(rounds: number): Promise<BenchmarkResult> {
  const chunk = randomBytes(chunkBytes);
  const gigabytesPerSecond = async (
    begin: () => { update(bytes: Buffer): unknown; end(): unknown },
  ): Promise<number> => {
    const startMs = performance.now();
    const hasher = begin();
    for (let done = 0; done < sizeBytes; done += chunkBytes) hasher.update(chunk);
    hasher.end();
    return sizeBytes / 1e6 / (performance.now() - startMs);
  };
  const pairs = await measurePairs(
    rounds,
    () =>
      gigabytesPerSecond(() => {
        const builder = new DigestBuilder(usualPieceLength(sizeBytes));
        return { update: (bytes) => builder.update(bytes), end: () => builder.finish() };
      }),
    () =>
      gigabytesPerSecond(() => {
        const hash = createHash('sha256');
        return { update: (bytes) => hash.update(bytes), end: () => hash.digest() };
      }),
  );
  return {
    ...pairs,
    name: 'Digest of 256 MiB in memory, against plain SHA-256',
    unit: 'GB/s',
    digits: 2,
    note: 'one thread; the plain hash is one value and proves no piece',
  };
}
