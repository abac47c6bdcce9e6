import { platform } from 'node:os';
import { extname } from 'node:path';
import { threadEnv } from '@cardume/client/threads';
import { Piscina } from 'piscina';
import type { FileOutcome, FileToHash, HashTask, PieceRange, RangeOutcome } from '../core/hash-task.ts';
import type { LargeFile } from '../core/large-file.ts';

/** What every worker has from its start. */
export interface HashWorkerData {
  /** One 64-bit integer: the workers add to it how many bytes they have hashed. */
  counter: SharedArrayBuffer;
}

/** What a worker gives for a task, by its kind. */
export type HashTaskResult = FileOutcome[] | RangeOutcome | string;

/** Hashes files in worker threads. */
export interface HashPool {
  /** How many threads it has. Further tasks wait inside it. */
  readonly threads: number;
  /** How many bytes were hashed since it was made. */
  readonly hashedBytes: number;
  /** Hashes small files. Gives what became of the first ones, at least of one: it does not work on them for long. */
  hashFiles(files: readonly FileToHash[]): Promise<FileOutcome[]>;
  /** Hashes a range of a large file's pieces. */
  hashRange(file: LargeFile, range: PieceRange): Promise<RangeOutcome>;
  /** The digest of a large file that is complete. */
  digestOf(file: LargeFile): Promise<string>;
  /** Ends the threads at once; what they do is rejected. */
  close(): Promise<void>;
}

/**
 * How much less than others the threads are given of a busy processor, as in nice(1): the event loop that serves gets
 * nine tenths when it wants them. On macOS it would hold for the whole process.
 */
const niceIncrement = platform() === 'darwin' ? 0 : 10;

/** Makes a pool; its threads start with the first files and end when there has been nothing to do for a while. */
export function createHashPool(threads: number): HashPool {
  const counter = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  const hashedBytes = new BigInt64Array(counter);
  const workerData: HashWorkerData = { counter };
  const pool = new Piscina<HashTask, HashTaskResult>({
    // The sources run as .ts, what is published as .js.
    filename: new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 1_000,
    niceIncrement,
    // A range that others overtake leaves a gap in what can be kept of its file.
    stricterFIFO: true,
    // Hashing leaves only short-lived strings behind, for which the default of tens of MiB a thread would be touched.
    resourceLimits: { maxYoungGenerationSizeMb: 2 },
    workerData,
    // The options of the process are for its main script; a test runner's have no place in a worker.
    execArgv: [],
    env: threadEnv(),
  });
  let trouble: unknown;
  // No thread could be started: no descriptor, or no memory is left. What waits for one would wait for ever.
  pool.on('error', async (error) => {
    trouble = error;
    await pool.destroy();
    trouble = undefined;
  });
  const run = async <Result extends HashTaskResult>(task: HashTask): Promise<Result> => {
    try {
      // Without a signal, with which Piscina would put the latest task first.
      return (await pool.run(task)) as Result;
    } catch (error) {
      throw trouble ?? error;
    }
  };
  return {
    threads,
    get hashedBytes() {
      return Number(Atomics.load(hashedBytes, 0));
    },
    hashFiles: (files) => run<FileOutcome[]>({ kind: 'files', files: files.map(sendable) }),
    hashRange: ({ file, pieceLengthBytes }, range) =>
      run<RangeOutcome>({ kind: 'range', file: sendable(file), pieceLengthBytes, range }),
    digestOf: ({ file: { sizeBytes }, pieceLengthBytes, pieceHashes }) =>
      run<string>({ kind: 'digest', sizeBytes, pieceLengthBytes, pieceHashes }),
    close: () => pool.destroy(),
  };
}

/** Only what a worker needs of a file. */
function sendable({ path, sizeBytes, stamp }: FileToHash): FileToHash {
  return { path, sizeBytes, stamp };
}
