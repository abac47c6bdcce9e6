interface Bucket {
  tokens: number;
  atMs: number;
}

/** What {@link TokenBuckets} need. */
export interface TokenBucketsInit {
  /** How many tokens a full bucket has, which is also how many it gains in `windowMs`. */
  size: number;
  windowMs: number;
  /** How many keys are remembered: of more, those that were not asked for the longest. */
  maxKeys: number;
  /** A clock in milliseconds. */
  nowMs: () => number;
}

/** A bucket of tokens for each key: how often something may be done, at once and over time. */
export class TokenBuckets {
  readonly #init: TokenBucketsInit;
  /** The one that was not asked for the longest first. */
  readonly #byKey = new Map<string, Bucket>();

  constructor(init: TokenBucketsInit) {
    this.#init = init;
  }

  /** Takes a token; false: there is none. */
  take(key: string): boolean {
    const bucket = this.#filled(key);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Puts a token back that was taken for nothing. */
  giveBack(key: string): void {
    const bucket = this.#filled(key);
    bucket.tokens = Math.min(this.#init.size, bucket.tokens + 1);
  }

  #filled(key: string): Bucket {
    const { size, windowMs, maxKeys, nowMs } = this.#init;
    const now = nowMs();
    const { tokens, atMs } = this.#byKey.get(key) ?? { tokens: size, atMs: now };
    const bucket = { tokens: Math.min(size, tokens + (Math.max(0, now - atMs) * size) / windowMs), atMs: now };
    this.#byKey.delete(key);
    this.#byKey.set(key, bucket);
    const [oldest] = this.#byKey.keys();
    if (this.#byKey.size > maxKeys && oldest !== undefined) this.#byKey.delete(oldest);
    return bucket;
  }
}
