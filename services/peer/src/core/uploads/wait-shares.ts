/** How a chunk spent its time, in milliseconds. */
export interface ChunkTimes {
  /** Waiting for its turn under the upload limit. */
  limitMs: number;
  /** Until the network had taken it. */
  networkMs: number;
  /** Until it was read. */
  diskMs: number;
}

/** Which part of the time each of them took, from 0 to 1; the rest went by while nothing was asked for. */
export interface WaitShares {
  limitShare: number;
  networkShare: number;
  diskShare: number;
}

// What was some seconds ago says less about what bites now.
const memoryMs = 3_000;

/** Tells what uploads wait for: the times of chunks, those of late weighing more. */
export class WaitTimes {
  #lastMs: number;
  #passedMs = 0;
  #limitMs = 0;
  #networkMs = 0;
  #diskMs = 0;

  /** @param nowMs a clock in milliseconds that is never set back, here and below */
  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  add({ limitMs, networkMs, diskMs }: ChunkTimes, nowMs: number): void {
    this.#pass(nowMs);
    this.#limitMs += limitMs;
    this.#networkMs += networkMs;
    this.#diskMs += diskMs;
  }

  shares(nowMs: number): WaitShares {
    this.#pass(nowMs);
    // Calls that wait at the same time wait for longer, together, than there is time.
    const all = Math.max(this.#passedMs, this.#limitMs + this.#networkMs + this.#diskMs);
    const shareOf = (ms: number): number => (all === 0 ? 0 : ms / all);
    return {
      limitShare: shareOf(this.#limitMs),
      networkShare: shareOf(this.#networkMs),
      diskShare: shareOf(this.#diskMs),
    };
  }

  #pass(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.#lastMs);
    const kept = Math.exp(-passedMs / memoryMs);
    this.#lastMs = nowMs;
    this.#passedMs = this.#passedMs * kept + passedMs;
    this.#limitMs *= kept;
    this.#networkMs *= kept;
    this.#diskMs *= kept;
  }
}
