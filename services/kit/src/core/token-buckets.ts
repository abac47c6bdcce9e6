interface Bucket {
  tokens: number;
  atMs: number;
}

/** What {@link TokenBuckets} need. */
export interface TokenBucketsInit {
  /** How many tokens a full bucket has, which is also how many it gains in `windowMs`. */
  size: number;
  windowMs: number;
  /** How many keys are remembered at the most: of more, those that were asked for last. */
  maxKeys: number;
  /** A clock in milliseconds. */
  nowMs: () => number;
}

/**
 * A bucket of tokens for each key: how often something may be done, at once and over time.
 *
 * A bucket that nobody asked for in `windowMs` is full, and forgotten by the end of the next one: to make it anew gives nobody
 * more. So only keys that are in use take memory.
 */
export class TokenBuckets {
  readonly #init: TokenBucketsInit;
  /** Those that were asked for since the last turn, … */
  #recent = new Map<string, Bucket>();
  /** … and those of the time before, of which some have been asked for again. Two maps need no order to be kept in. */
  #before = new Map<string, Bucket>();
  #turnedMs: number;

  constructor(init: TokenBucketsInit) {
    this.#init = init;
    this.#turnedMs = init.nowMs();
  }

  /** How many keys take memory. */
  get keyCount(): number {
    return this.#recent.size + this.#before.size;
  }

  /** Takes a token; false: there is none. @param leaving how many are to be there afterwards, for others. Default: 0 */
  take(key: string, leaving = 0): boolean {
    const bucket = this.#filled(key);
    if (bucket.tokens < leaving + 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Puts a token back that was taken for nothing. */
  giveBack(key: string): void {
    const bucket = this.#filled(key);
    bucket.tokens = Math.min(this.#init.size, bucket.tokens + 1);
  }

  #filled(key: string): Bucket {
    const { size, windowMs, nowMs } = this.#init;
    const now = nowMs();
    if (now - this.#turnedMs >= windowMs) this.#turn(now);
    const bucket = this.#bucketOf(key, now);
    bucket.tokens = Math.min(size, bucket.tokens + (Math.max(0, now - bucket.atMs) * size) / windowMs);
    bucket.atMs = now;
    return bucket;
  }

  #bucketOf(key: string, now: number): Bucket {
    const known = this.#recent.get(key);
    if (known !== undefined) return known;
    const bucket = this.#before.get(key) ?? { tokens: this.#init.size, atMs: now };
    this.#before.delete(key);
    if (2 * this.#recent.size >= this.#init.maxKeys) this.#turn(now);
    this.#recent.set(key, bucket);
    return bucket;
  }

  #turn(now: number): void {
    this.#before = this.#recent;
    this.#recent = new Map();
    this.#turnedMs = now;
  }
}
