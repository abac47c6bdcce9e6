import { issuerFetchWindowMs, maxIssuerFetches } from '../../limits.ts';

/** How often an issuer may be asked: strangers make no flood of their tokens with keys that it never had. */
export class FetchBudget {
  readonly #nowMs: () => number;
  /** When it was asked within the window, the longest ago first. */
  #askedMs: number[] = [];

  /** @param nowMs a clock in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** In how many milliseconds the issuer may be asked; 0: now. */
  get waitMs(): number {
    this.#askedMs = this.#askedMs.filter((askedMs) => askedMs > this.#nowMs() - issuerFetchWindowMs);
    const [first] = this.#askedMs;
    return first === undefined || this.#askedMs.length < maxIssuerFetches
      ? 0
      : first + issuerFetchWindowMs - this.#nowMs();
  }

  /** Counts that it is asked now. */
  take(): void {
    this.#askedMs.push(this.#nowMs());
  }
}
