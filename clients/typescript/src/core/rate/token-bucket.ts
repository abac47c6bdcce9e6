/**
 * Keeps a flow of bytes to a rate: a token bucket that holds a tenth of a second. Pure: its user has the clock, and
 * sleeps as long as it says.
 */
export class TokenBucket {
  readonly #bytesPerMs: number;
  readonly #capacityBytes: number;
  #levelBytes = 0;
  #lastMs: number;

  /**
   * @param bytesPerSecond more than 0
   * @param nowMs the time on its user's clock, in milliseconds
   */
  constructor(bytesPerSecond: number, nowMs: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#capacityBytes = bytesPerSecond / 10;
    this.#lastMs = nowMs;
  }

  /** Counts bytes that pass, and says for how many milliseconds nothing more may pass. */
  take(bytes: number, nowMs: number): number {
    const grownBytes = (nowMs - this.#lastMs) * this.#bytesPerMs;
    this.#lastMs = nowMs;
    this.#levelBytes = Math.min(this.#capacityBytes, this.#levelBytes + grownBytes) - bytes;
    return Math.max(0, -this.#levelBytes / this.#bytesPerMs);
  }
}
