/** What is seen in less time says more about a moment than about the work. */
const minSpanMs = 100;

/** Tells which part of the time something takes, from a clock of its own and one of the wall's. */
export class TimeShare {
  #since: { takenMs: number; nowMs: number } | undefined;
  #share = 0;

  /**
   * Looks at the clocks; the first time is the beginning.
   *
   * @param takenMs how much it has taken so far; asked only when enough time has passed: of the processors of a process with many
   *   threads the answer takes a while
   * @returns its part of the last 100 ms or more: 1 is all of the time, or all of one processor; 0 before it is known
   */
  look(takenMs: () => number, nowMs: number): number {
    if (this.#since !== undefined && nowMs - this.#since.nowMs < minSpanMs) return this.#share;
    const now = { takenMs: takenMs(), nowMs };
    if (this.#since !== undefined) this.#share = (now.takenMs - this.#since.takenMs) / (nowMs - this.#since.nowMs);
    this.#since = now;
    return this.#share;
  }
}
