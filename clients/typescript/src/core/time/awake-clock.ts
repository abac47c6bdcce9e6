/** What is longer between two looks is time in which this process did not run. */
const maxStepMs = 2_000;

/**
 * Counts the time in which this process runs: that in which the machine slept, or the process was stopped, is nobody's delay. It is to be
 * looked at every second at least.
 */
export class AwakeClock {
  readonly #nowMs: () => number;
  #lookedMs: number;
  #awakeMs = 0;

  /** @param nowMs a clock that is never set back */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#lookedMs = nowMs();
  }

  /** For how long it has run, in milliseconds. */
  nowMs(): number {
    const nowMs = this.#nowMs();
    this.#awakeMs += Math.min(nowMs - this.#lookedMs, maxStepMs);
    this.#lookedMs = nowMs;
    return this.#awakeMs;
  }
}
