import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PlaceJob, PlaceOutcome } from '../disk/place-file.ts';
import type { SegmentRunner } from './segment-runner.ts';
import type { WorkerAnswer, WorkerJob } from './segment-worker.ts';

/** Beyond these, a disk or the receiving thread is what a download waits for. */
const maxThreads = 4;

/** How many threads hash and write: one core is left to the thread that receives. 0 on a machine of one core. */
export const segmentThreads = Math.min(maxThreads, availableParallelism() - 1);

/** Threads that hash and write: segments of large files, and small files whole. */
export interface SegmentWorkers extends SegmentRunner {
  /** Verifies and places a file; its buffer is given back. See `placeFile`. */
  place(job: PlaceJob): Promise<{ outcome: PlaceOutcome; buffer: ArrayBuffer }>;
}

type Done = Extract<WorkerAnswer, { done: unknown }>;

/**
 * Hashes and writes segments in worker threads, so that the thread that receives does neither.
 *
 * The threads are the process's own, for all of its downloads: they start with the first that asks for them and end with the
 * last one.
 */
export function acquireSegmentWorkers(): SegmentWorkers {
  users += 1;
  pool ??= Array.from({ length: Math.max(1, segmentThreads) }, () => new SegmentThread());
  const threads = pool;
  const run = (given: WorkerJob): Promise<Done> => {
    const idlest = threads.reduce((best, thread) => (thread.jobCount < best.jobCount ? thread : best));
    return idlest.run(given);
  };
  let isClosed = false;
  return {
    async run(job) {
      const { buffer, done } = await run({ kind: 'segment', job });
      return { buffer, root: done as Uint8Array };
    },
    async place(job) {
      const { buffer, done } = await run({ kind: 'place', job });
      return { buffer, outcome: done as PlaceOutcome };
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      users -= 1;
      if (users > 0) return;
      pool = undefined;
      await Promise.all(threads.map((thread) => thread.end()));
    },
  };
}

let pool: SegmentThread[] | undefined;
let users = 0;

class SegmentThread {
  readonly #worker: Worker;
  readonly #jobs: PromiseWithResolvers<Done>[] = [];
  #failure: unknown;

  constructor() {
    // The sources run as .ts, what is published as .js.
    const script = new URL(`./segment-worker${extname(import.meta.url)}`, import.meta.url);
    // The options of the process are for its main script; a test runner's have no place in a worker.
    this.#worker = new Worker(script, { execArgv: [] });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread that hashes and writes has ended')));
  }

  get jobCount(): number {
    return this.#jobs.length;
  }

  run(given: WorkerJob): Promise<Done> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const waiting = Promise.withResolvers<Done>();
    this.#jobs.push(waiting);
    this.#worker.postMessage(given, [given.job.buffer]);
    return waiting.promise;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** A thread answers in the order in which it was asked. */
  #settle(answer: WorkerAnswer): void {
    const waiting = this.#jobs.shift();
    if ('done' in answer) waiting?.resolve(answer);
    else waiting?.reject(Object.assign(new Error(answer.failure.message), { code: answer.failure.code }));
  }

  #fail(error: unknown): void {
    this.#failure = error;
    for (const waiting of this.#jobs.splice(0)) waiting.reject(error);
  }
}
