/**
 * Keeps a flow of bytes to a rate: a token bucket that holds a tenth of a second, and is empty at first. In any time t at most
 * rate × (t + 0.1 s) and what is taken last pass; whoever takes little at a time so keeps the rate to 5 % from 2 s on. Pure: its
 * user has the clock, and sleeps as long as it says.
 */
export class TokenBucket {
  readonly #rateNow: () => number | undefined;
  #bytesPerMs: number | undefined;
  #levelBytes = 0;
  #lastMs: number;

  /**
   * @param bytesPerSecond more than 0; or a function that says what it is now, undefined: no bound
   * @param nowMs the time on its user's clock, in milliseconds
   */
  constructor(bytesPerSecond: number | (() => number | undefined), nowMs: number) {
    this.#rateNow = typeof bytesPerSecond === 'number' ? () => bytesPerSecond : bytesPerSecond;
    this.#bytesPerMs = this.#readRate();
    this.#lastMs = nowMs;
  }

  /** Counts bytes that pass, and says for how many milliseconds nothing more may pass. */
  take(bytes: number, nowMs: number): number {
    this.#grow(nowMs);
    if (this.#bytesPerMs === undefined) return 0;
    this.#levelBytes -= bytes;
    return Math.max(0, -this.#levelBytes / this.#bytesPerMs);
  }

  /** Whether it holds as much as it can: to forget it then, and make it anew when it is needed, gives nobody more. */
  isFull(nowMs: number): boolean {
    this.#grow(nowMs);
    return this.#bytesPerMs === undefined || this.#levelBytes >= this.#bytesPerMs * heldMs;
  }

  #grow(nowMs: number): void {
    const elapsedMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    const before = this.#bytesPerMs;
    const now = this.#readRate();
    if (before !== undefined) this.#levelBytes += elapsedMs * before;
    this.#bytesPerMs = now;
    if (now === undefined) return;
    // What passed at a higher rate is not to be paid for at a lower one for minutes.
    if (now !== before) this.#levelBytes = Math.max(this.#levelBytes, before === undefined ? 0 : -now * maxOldDebtMs);
    this.#levelBytes = Math.min(now * heldMs, this.#levelBytes);
  }

  #readRate(): number | undefined {
    const bytesPerSecond = this.#rateNow();
    return bytesPerSecond === undefined ? undefined : bytesPerSecond / 1000;
  }
}

const heldMs = 100;
/** For how long nothing passes at the most because of what passed before the rate changed, in milliseconds. */
const maxOldDebtMs = 1_000;
