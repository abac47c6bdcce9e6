import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Address } from '../../core/address/address.ts';
import { threadEnv } from '../threads/thread-env.ts';
import type { Lane, RangeSink, Receiving, SmallFilesSink } from './lane.ts';
import { fromSentError } from './sent-error.ts';
import type { FromThread, LaneOptions, ToThread } from './thread-messages.ts';

/** Beyond these, a sender or a disk is what a download waits for. */
const maxThreads = 4;

/** How many threads receive: one for each core. 0 on a machine of one, where they gain nothing. */
export const receiveThreadCount = availableParallelism() === 1 ? 0 : Math.min(maxThreads, availableParallelism());

const idleMs = 1_000;

// What a thread makes and lets go of is little, and soon gone: a larger young generation is memory that is always new.
const youngGenerationMb = 4;

/** Threads that receive, hash and write, each on its own connections, so that the bytes never leave the core they came to. */
export interface ReceiveThreads {
  /** Opens a lane on the thread that has the fewest. */
  openLane(address: Address, options: LaneOptions): Lane;
  /** Gives up the claim on them. All lanes are to be closed before. */
  close(): void;
}

let pool: ReceiveThread[] = [];
let users = 0;
let idleTimer: NodeJS.Timeout | undefined;

/**
 * Claims the process's threads. They are shared by all of its downloads: each starts with the first lane that is opened on it,
 * and ends a second after nobody claims any of them any more, so that the next of several downloads finds it running. They do
 * not keep the process alive.
 */
export function acquireReceiveThreads(): ReceiveThreads {
  users += 1;
  clearTimeout(idleTimer);
  let isClosed = false;
  return {
    openLane: (address, options) => threadForNextLane().openLane(address, options),
    close() {
      if (isClosed) return;
      isClosed = true;
      users -= 1;
      if (users === 0) idleTimer = setTimeout(endThreads, idleMs).unref();
    },
  };
}

function endThreads(): void {
  for (const thread of pool.splice(0)) thread.end();
}

function threadForNextLane(): ReceiveThread {
  pool = pool.filter((thread) => !thread.hasFailed);
  const idlest = pool.toSorted((a, b) => a.laneCount - b.laneCount)[0];
  if (idlest !== undefined && (idlest.laneCount === 0 || pool.length >= Math.max(1, receiveThreadCount))) return idlest;
  const thread = new ReceiveThread();
  pool.push(thread);
  return thread;
}

type Job = Extract<ToThread, { job: unknown }>;

/** A job of a thread, as this one sees it. */
interface Running {
  sink: Partial<RangeSink & SmallFilesSink>;
  settle: (error: unknown) => void;
}

class ReceiveThread {
  readonly #worker: Worker;
  readonly #running = new Map<number, Running>();
  readonly #asked = new Map<number, (roundTripMs: number | undefined) => void>();
  #nextNumber = 0;
  #failure: { error: unknown } | undefined;
  laneCount = 0;

  constructor() {
    this.#worker = new Worker(new URL(`./receive-thread${extname(import.meta.url)}`, import.meta.url), {
      env: threadEnv(),
      // The options of the process are for its main script; a test runner's have no place in a thread.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    this.#worker.on('message', (message: FromThread) => this.#take(message));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the thread that receives has ended')));
    // A thread that has nothing to do keeps no process alive.
    this.#worker.unref();
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  openLane(address: Address, options: LaneOptions): Lane {
    const lane = this.#number();
    this.laneCount += 1;
    this.#tell({ kind: 'open', lane, address, options });
    let isClosed = false;
    return {
      receiveRange: (job, sink) => this.#begin({ kind: 'range', lane, id: this.#number(), job }, sink),
      receiveSmallFiles: (job, sink) => this.#begin({ kind: 'small-files', lane, id: this.#number(), job }, sink),
      roundTripMs: () =>
        new Promise((resolve) => {
          if (this.#failure !== undefined) return resolve(undefined);
          const id = this.#number();
          this.#asked.set(id, resolve);
          this.#tell({ kind: 'round-trip', lane, id });
        }),
      close: () => {
        if (isClosed) return;
        isClosed = true;
        this.laneCount -= 1;
        this.#tell({ kind: 'close', lane });
      },
    };
  }

  /** Lets it end by itself, so that it can keep what it compiled. */
  end(): void {
    this.#tell({ kind: 'end' });
  }

  #begin(message: Job, sink: Running['sink']): Receiving {
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    const { id } = message;
    if (this.#failure === undefined) {
      if (this.#running.size === 0) this.#worker.ref();
      const settle = (error: unknown): void => (error === undefined ? resolve() : reject(error));
      this.#running.set(id, { sink, settle });
      this.#tell(message);
    } else {
      reject(this.#failure.error);
    }
    return {
      ended,
      waitFor: (waitMs) => this.#tell({ kind: 'wait', id, waitMs }),
      cancel: () => this.#tell({ kind: 'cancel', id }),
    };
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromThread): void {
    const running = this.#running.get(message.id);
    switch (message.kind) {
      case 'segments':
        running?.sink.onSegments?.(message.start, message.roots);
        break;
      case 'outcomes':
        running?.sink.onOutcomes?.(message.outcomes);
        break;
      case 'received':
        running?.sink.onReceived?.(message.bytes);
        break;
      case 'round-trip':
        this.#asked.get(message.id)?.(message.roundTripMs);
        this.#asked.delete(message.id);
        break;
      case 'ended':
        this.#settle(message.id, message.error === undefined ? undefined : fromSentError(message.error));
    }
  }

  #settle(id: number, error: unknown): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#running.delete(id);
    if (this.#running.size === 0) this.#worker.unref();
    running.settle(error);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    for (const id of [...this.#running.keys()]) this.#settle(id, this.#failure.error);
    for (const resolve of this.#asked.values()) resolve(undefined);
    this.#asked.clear();
  }

  #number(): number {
    this.#nextNumber += 1;
    return this.#nextNumber;
  }
}
