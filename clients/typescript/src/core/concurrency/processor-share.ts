/** What is seen in less time says more about a moment than about the work. */
const minSpanMs = 100;

/** Tells how much of a processor some work takes, from a clock of the processor's and one of the wall's. */
export class ProcessorShare {
  #since: { processorMs: number; nowMs: number } | undefined;
  #share = 0;

  /**
   * Looks at the clocks; the first time is the beginning.
   *
   * @param processorMs asked only when enough time has passed: of a process with many threads the answer takes a while
   * @returns processors that were at work on the average over the last 100 ms or more: 1 is all of one; 0 before it is known
   */
  look(processorMs: () => number, nowMs: number): number {
    if (this.#since !== undefined && nowMs - this.#since.nowMs < minSpanMs) return this.#share;
    const now = { processorMs: processorMs(), nowMs };
    if (this.#since !== undefined)
      this.#share = (now.processorMs - this.#since.processorMs) / (nowMs - this.#since.nowMs);
    this.#since = now;
    return this.#share;
  }
}
