/**
 * Bounds how many events strangers can cause: so many at once, and so many a second over time. Whoever is refused a
 * thousand times a second must not fill a disk.
 */
export class FloodGate {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #lastMs: number;

  /** @param nowMs a clock in milliseconds that is never set back */
  constructor({ perSecond, burst }: { perSecond: number; burst: number }, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#left = burst;
    this.#lastMs = nowMs;
  }

  /** Whether one more passes. */
  passes(nowMs: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((nowMs - this.#lastMs) * this.#perSecond) / 1_000);
    this.#lastMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
