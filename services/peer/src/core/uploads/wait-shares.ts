/** How a chunk spent its time, in milliseconds. */
export interface ChunkTimes {
  /** Waiting for its turn under the upload limit. */
  limitMs: number;
  /** Until the network had taken it. */
  networkMs: number;
  /** Until it was read. */
  diskMs: number;
}

/** Which part of the time each of them took, from 0 to 1. */
export interface WaitShares {
  limitShare: number;
  networkShare: number;
  diskShare: number;
}

// What was some seconds ago says less about what bites now.
const memoryMs = 3_000;

/** Tells what uploads wait for: the times of chunks, those of late weighing more. */
export class WaitTimes {
  #limitMs = 0;
  #networkMs = 0;
  #diskMs = 0;

  add({ limitMs, networkMs, diskMs }: ChunkTimes): void {
    const kept = Math.exp(-(limitMs + networkMs + diskMs) / memoryMs);
    this.#limitMs = this.#limitMs * kept + limitMs;
    this.#networkMs = this.#networkMs * kept + networkMs;
    this.#diskMs = this.#diskMs * kept + diskMs;
  }

  get shares(): WaitShares {
    const all = this.#limitMs + this.#networkMs + this.#diskMs;
    const shareOf = (ms: number): number => (all === 0 ? 0 : ms / all);
    return {
      limitShare: shareOf(this.#limitMs),
      networkShare: shareOf(this.#networkMs),
      diskShare: shareOf(this.#diskMs),
    };
  }
}
