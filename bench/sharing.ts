import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startPeer } from '@cardume/peer';
import type { BenchmarkResult } from './support/benchmark.ts';
import { measurePairs } from './support/measure-pairs.ts';
import { writeRandomFile } from './support/write-random-file.ts';

const largeBytes = 2 * 1024 ** 3;
const smallBytes = 4 * 1024;
const smallCount = 20_000;
const buffer = Buffer.allocUnsafe(1024 * 1024);

/** A share of one large file until it is ready, against plain SHA-256 of the file by one thread. */
export async function benchSharingLarge(rounds: number, folder: string): Promise<BenchmarkResult> {
  const share = join(folder, 'large');
  mkdirSync(share);
  writeRandomFile(join(share, 'file'), largeBytes);
  const gigabytesPerSecond = (seconds: number): number => largeBytes / 1e9 / seconds;
  const pairs = await measurePairs(
    rounds,
    async () => gigabytesPerSecond(await timeShare(folder, share)),
    async () => gigabytesPerSecond(timePlain(share)),
  );
  rmSync(share, { recursive: true });
  return {
    ...pairs,
    name: 'A share of one file of 2 GiB until it is ready, against plain SHA-256 of it',
    unit: 'GB/s',
    digits: 2,
    note: 'from the page cache; ours with every processor, the start of the peer and of its threads included',
  };
}

/** A share of many small files until it is ready, against plain SHA-256 of each by one thread. */
export async function benchSharingSmall(rounds: number, folder: string): Promise<BenchmarkResult> {
  const share = join(folder, 'small');
  mkdirSync(share);
  for (let number = 0; number < smallCount; number++) writeRandomFile(join(share, `file ${number}`), smallBytes);
  const pairs = await measurePairs(
    rounds,
    async () => smallCount / (await timeShare(folder, share)),
    async () => smallCount / timePlain(share),
  );
  rmSync(share, { recursive: true });
  return {
    ...pairs,
    name: `A share of ${smallCount.toLocaleString('en-US')} files of 4 KiB until it is ready, against plain SHA-256 of each`,
    unit: 'files/s',
    digits: 0,
    note: 'ours finds and watches them, and keeps what they hash to in its database; the plain one opens, reads, hashes',
  };
}

async function timeShare(folder: string, share: string): Promise<number> {
  const stateFolder = join(folder, 'share-state');
  const startMs = performance.now();
  const peer = await startPeer({ paths: [share], stateFolder, index: '127.0.0.1:1', logLevel: 'silent' });
  const seconds = (performance.now() - startMs) / 1_000;
  await peer.stop(0);
  rmSync(stateFolder, { recursive: true });
  return seconds;
}

function timePlain(share: string): number {
  const startMs = performance.now();
  for (const name of readdirSync(share)) {
    const file = openSync(join(share, name), 'r');
    const hash = createHash('sha256');
    for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, length));
    }
    hash.digest();
    closeSync(file);
  }
  return (performance.now() - startMs) / 1_000;
}
