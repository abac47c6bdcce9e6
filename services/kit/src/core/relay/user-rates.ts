import { TokenBucket } from '@cardume/client';

/** Keeps what passes for each user to a rate. Only users that have something under way take memory. */
export class UserRates {
  readonly #bytesPerSecond: number;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, { bucket: TokenBucket; users: number }>();

  constructor(bytesPerSecond: number, nowMs: () => number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#nowMs = nowMs;
  }

  /**
   * Begins with a user, whose tunnels share what there is.
   *
   * @returns `take` counts bytes that pass, and says for how many milliseconds to wait before more do; `close` ends it
   */
  open(user: string): { take: (bytes: number) => number; close: () => void } {
    const entry = this.#buckets.get(user) ?? { bucket: new TokenBucket(this.#bytesPerSecond, this.#nowMs()), users: 0 };
    this.#buckets.set(user, entry);
    entry.users += 1;
    return {
      take: (bytes) => entry.bucket.take(bytes, this.#nowMs()),
      close: () => {
        entry.users -= 1;
        if (entry.users === 0 && this.#buckets.get(user) === entry) this.#buckets.delete(user);
      },
    };
  }
}
