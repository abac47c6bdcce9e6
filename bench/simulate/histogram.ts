const stepsPerDoubling = 16;
const least = 2 ** -20;

/** Counts values in steps of 4 %, so that of any number of them the median takes no more memory than of few. */
export class Histogram {
  readonly #counts = new Float64Array(stepsPerDoubling * 40);
  count = 0;

  add(value: number): void {
    const step = Math.round(Math.log2(Math.max(value, least) / least) * stepsPerDoubling);
    this.#counts[Math.min(step, this.#counts.length - 1)] =
      (this.#counts[Math.min(step, this.#counts.length - 1)] ?? 0) + 1;
    this.count += 1;
  }

  /** The value below which so large a part of them is. */
  quantile(part: number): number {
    let below = 0;
    for (const [step, count] of this.#counts.entries()) {
      below += count;
      if (below >= part * this.count && below > 0) return least * 2 ** (step / stepsPerDoubling);
    }
    return Number.NaN;
  }
}
