import { extname } from 'node:path';
import { Piscina } from 'piscina';
import type { ScannedFile } from '../core/scanned-file.ts';

/** What a worker gets. */
export interface HashTask {
  path: string;
  sizeBytes: number;
  stamp: string;
  /** One 64-bit integer: the workers add to it how many bytes they have hashed. */
  counter: SharedArrayBuffer;
}

/** What became of hashing a file. */
export type HashOutcome =
  | { result: 'hashed'; digest: string; pieceLengthBytes: number; pieceHashes: Uint8Array }
  /** It is not, or no longer, in the state that its stamp tells. */
  | { result: 'changed' }
  | { result: 'gone' }
  /** `mayPass`: the same file may well be readable a minute later. */
  | { result: 'unreadable'; problem: string; mayPass: boolean };

/** Hashes files in worker threads. */
export interface HashPool {
  /** How many threads it has. Further files wait inside it. */
  readonly threads: number;
  /** How many bytes were hashed since it was made. */
  readonly hashedBytes: number;
  hash(file: ScannedFile): Promise<HashOutcome>;
  /** Ends the threads at once; what they do is rejected. */
  close(): Promise<void>;
}

/** Makes a pool; its threads start with the first files and end when there has been nothing to do for a while. */
export function createHashPool(threads: number): HashPool {
  const counter = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  const hashedBytes = new BigInt64Array(counter);
  const pool = new Piscina<HashTask, HashOutcome>({
    // The sources run as .ts, what is published as .js.
    filename: new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 10_000,
    // The options of the process are for its main script; a test runner's have no place in a worker.
    execArgv: [],
  });
  return {
    threads,
    get hashedBytes() {
      return Number(Atomics.load(hashedBytes, 0));
    },
    hash: ({ path, sizeBytes, stamp }) => pool.run({ path, sizeBytes, stamp, counter }),
    close: () => pool.destroy(),
  };
}
