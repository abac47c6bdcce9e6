import { TokenBucket } from './token-bucket.ts';

/** Rates in bytes per second, as they are now; each function may say undefined: no bound. */
export interface ReceiveRates {
  /** Of all sources together. Default: no bound. */
  all?: (() => number | undefined) | undefined;
  /** Of each source. Default: no bound. */
  each?: (() => number | undefined) | undefined;
}

/** Keeps what comes to a rate, of all sources together and of each. Pure, as {@link TokenBucket}, whose user has the clock. */
export class ReceiveLimit {
  readonly #all: TokenBucket | undefined;
  readonly #each: (() => number | undefined) | undefined;
  readonly #ofSource = new Map<string, TokenBucket>();

  constructor({ all, each }: ReceiveRates, nowMs: number) {
    this.#all = all === undefined ? undefined : new TokenBucket(all, nowMs);
    this.#each = each;
  }

  /**
   * Counts bytes that came, and says for how many milliseconds nothing more may come from there.
   *
   * @param source `HOST:PORT`
   */
  take(bytes: number, source: string, nowMs: number): number {
    const waitMs = this.#all?.take(bytes, nowMs) ?? 0;
    if (this.#each === undefined) return waitMs;
    const bucket = this.#ofSource.get(source) ?? new TokenBucket(this.#each, nowMs);
    this.#ofSource.set(source, bucket);
    return Math.max(waitMs, bucket.take(bytes, nowMs));
  }
}
