/** What {@link StallWatch} watches for. */
export interface StallWatchInit {
  /** For how long too little may come, in milliseconds. The consumer's own time, a slow disk say, does not count. */
  timeoutMs: number;
  /** How many bytes are enough for the time to begin anew: a trickle is no progress. */
  enoughBytes: number;
  /** Called once, when the time is over. */
  onStall: () => void;
}

/**
 * Watches that a stream brings something: a peer that is stopped, or behind a broken path, keeps its connection and says
 * nothing for ever; a hostile one sends a byte now and then. The time runs from the making of it.
 */
export class StallWatch {
  readonly #init: StallWatchInit;
  #cameBytes = 0;
  /** When the time ran out if nothing came; moved on, not a timer for each of a hundred thousand chunks. */
  #dueMs: number;
  #pausedAtMs: number | undefined;
  #timer: NodeJS.Timeout;

  constructor(init: StallWatchInit) {
    this.#init = init;
    this.#dueMs = performance.now() + init.timeoutMs;
    this.#timer = this.#checkIn(init.timeoutMs);
  }

  /** Counts what came. */
  came(bytes: number): void {
    this.#cameBytes += bytes;
    if (this.#cameBytes < this.#init.enoughBytes) return;
    this.#cameBytes = 0;
    this.#dueMs = performance.now() + this.#init.timeoutMs;
  }

  /** The time stands still: it is the consumer that does not take more. */
  pause(): void {
    this.#pausedAtMs ??= performance.now();
  }

  resume(): void {
    if (this.#pausedAtMs === undefined) return;
    this.#dueMs += performance.now() - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
  }

  /** Ends the watch. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #check(): void {
    const leftMs = this.#dueMs - (this.#pausedAtMs ?? performance.now());
    if (leftMs <= 0) this.#init.onStall();
    else this.#timer = this.#checkIn(leftMs);
  }

  /** What keeps the process alive is the connection, as long as something may come; and not bytes that nobody reads. */
  #checkIn(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#check(), delayMs).unref();
  }
}
