/** For how long a count of peers is believed, in milliseconds, when it is far from the most that there may be. */
const believedMs = 1_000;
/** How many fewer there must be for that: more than join in that time. */
const margin = 5_000;

/** Whether there are as many live peers as there may be, without counting them for every one that joins. */
export class PeerBound {
  readonly #maxPeers: number;
  #count = Number.POSITIVE_INFINITY;
  #countedMs = Number.NEGATIVE_INFINITY;

  constructor(maxPeers: number) {
    this.#maxPeers = maxPeers;
  }

  /** Whether they are to be counted before `isFull` is asked. */
  needsCount(nowMs: number): boolean {
    return this.#count >= this.#maxPeers - margin || Math.abs(nowMs - this.#countedMs) > believedMs;
  }

  counted(count: number, nowMs: number): void {
    this.#count = count;
    this.#countedMs = nowMs;
  }

  get isFull(): boolean {
    return this.#count >= this.#maxPeers;
  }
}
