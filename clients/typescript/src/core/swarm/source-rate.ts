// What came a few seconds ago says less about the rate than what comes now.
const memoryMs = 2_000;
// Less time at work says more about the way there and back than about the rate.
const minBusyMs = 30;

/**
 * Measures how fast a source brings bytes while it has something to bring: what it does when it is not asked is not held
 * against it, and what it does not bring when it is asked is.
 */
export class SourceRate {
  #bytes = 0;
  #busyMs = 0;
  #isBusy = false;
  #lastMs: number;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** Says whether there is anything that the source is to bring. */
  setBusy(isBusy: boolean, nowMs: number): void {
    this.#advance(nowMs);
    this.#isBusy = isBusy;
  }

  /** Counts bytes that came. */
  received(bytes: number, nowMs: number): void {
    this.#advance(nowMs);
    this.#bytes += bytes;
  }

  /** Bytes in a second over the last seconds at work, silence until now included; undefined as long as too little is known. */
  bytesPerSecond(nowMs: number): number | undefined {
    this.#advance(nowMs);
    return this.#busyMs < minBusyMs ? undefined : (this.#bytes * 1_000) / this.#busyMs;
  }

  #advance(nowMs: number): void {
    const ms = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (!this.#isBusy || ms <= 0) return;
    const kept = Math.exp(-ms / memoryMs);
    this.#bytes *= kept;
    this.#busyMs = this.#busyMs * kept + memoryMs * (1 - kept);
  }
}
