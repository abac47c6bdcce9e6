import type { RangeSink, SmallFilesSink } from './lane.ts';
import type { SmallFileOutcome } from './small-files-job.ts';
import type { FromThread } from './thread-messages.ts';

// Each message has the other thread woken, which costs more than to read it. What is kept waits for as long at the most.
const maxSegments = 8;
const maxOutcomes = 64;
const maxWaitMs = 10;

/** Gathers what becomes of a job, and tells another thread of several results at once. */
export class ResultBatch implements RangeSink, SmallFilesSink {
  readonly #id: number;
  readonly #tell: (message: FromThread) => void;
  #roots: Uint8Array[] = [];
  #start = 0;
  #outcomes: SmallFileOutcome[] = [];
  #receivedBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  readonly #isPaced: boolean;

  /** @param isPaced whether somebody waits for an answer to `onReceived` */
  constructor(id: number, isPaced: boolean, tell: (message: FromThread) => void) {
    this.#id = id;
    this.#isPaced = isPaced;
    this.#tell = tell;
  }

  onSegments(start: number, roots: Uint8Array): void {
    if (this.#roots.length === 0) this.#start = start;
    this.#roots.push(roots);
    this.#changed(this.#roots.length >= maxSegments);
  }

  onOutcomes(outcomes: readonly SmallFileOutcome[]): void {
    this.#outcomes.push(...outcomes);
    this.#changed(this.#outcomes.length >= maxOutcomes);
  }

  onReceived(bytes: number): void {
    this.#receivedBytes += bytes;
    this.#changed(this.#isPaced);
  }

  /** Tells what is kept. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const id = this.#id;
    if (this.#receivedBytes > 0) this.#tell({ kind: 'received', id, bytes: this.#receivedBytes });
    this.#receivedBytes = 0;
    if (this.#roots.length > 0) {
      this.#tell({ kind: 'segments', id, start: this.#start, roots: Buffer.concat(this.#roots) });
    }
    this.#roots = [];
    if (this.#outcomes.length > 0) this.#tell({ kind: 'outcomes', id, outcomes: this.#outcomes });
    this.#outcomes = [];
  }

  #changed(isFull: boolean): void {
    if (isFull) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), maxWaitMs);
  }
}
