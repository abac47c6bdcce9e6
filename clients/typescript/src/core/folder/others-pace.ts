/** Others' parts are left to them when what is left would come within this time, as quickly as they brought things lately, … */
const patienceMs = 2_000;
/** … and until it has been otherwise for so long: what they have just got comes a moment later. */
const doubtMs = 500;
/** What came within such a time came at once. */
const stepMs = 20;
/** A rate is not measured over less than this. */
const minSpanMs = 200;

/** Measures what other receivers bring, and says when that is too little to wait for. By a clock that does not go back. */
export class OthersPace {
  /** What came lately. */
  readonly #came: { atMs: number; bytes: number }[] = [];
  #slowSinceMs: number | undefined;

  /** So many bytes came from one of them. */
  note(bytes: number, nowMs: number): void {
    const last = this.#came.at(-1);
    if (last !== undefined && nowMs - last.atMs < stepMs) last.bytes += bytes;
    else this.#came.push({ atMs: nowMs, bytes });
    this.#forget(nowMs);
  }

  /**
   * Whether who has all is to be asked for what is theirs. To be asked again and again while nothing else is to be asked for.
   *
   * @param leftBytes how much is left of it
   * @param isAnybodyThere whether there is one who may bring something
   */
  isTooSlow(leftBytes: number, nowMs: number, isAnybodyThere: boolean): boolean {
    if (leftBytes <= (this.#bytesPerSecond(nowMs) * patienceMs) / 1_000) {
      this.#slowSinceMs = undefined;
      return false;
    }
    this.#slowSinceMs ??= nowMs;
    return !isAnybodyThere || nowMs - this.#slowSinceMs >= doubtMs;
  }

  #bytesPerSecond(nowMs: number): number {
    this.#forget(nowMs);
    const [first] = this.#came;
    if (first === undefined) return 0;
    const bytes = this.#came.reduce((sum, came) => sum + came.bytes, 0);
    return (bytes * 1_000) / Math.max(nowMs - first.atMs, minSpanMs);
  }

  #forget(nowMs: number): void {
    while ((this.#came[0]?.atMs ?? nowMs) < nowMs - patienceMs) this.#came.shift();
  }
}
