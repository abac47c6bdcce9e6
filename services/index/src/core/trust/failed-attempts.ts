import { CardumeError } from '@cardume/client';
import { failedAttemptsWindowMs, maxFailedAttempts, maxFailedCallers } from '../limits.ts';

interface Attempts {
  count: number;
  sinceMs: number;
}

/** Slows down those who try tokens: so many wrong ones from a network in a minute, and it has to wait until that is over. */
export class FailedAttempts {
  readonly #nowMs: () => number;
  /** The one that began the longest ago first. */
  readonly #byCaller = new Map<string, Attempts>();

  /** @param nowMs a clock in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @throws CardumeError LIMIT_REACHED when a caller has to wait */
  check(caller: string): void {
    const attempts = this.#byCaller.get(caller);
    if (attempts === undefined || attempts.count < maxFailedAttempts) return;
    const waitMs = attempts.sinceMs + failedAttemptsWindowMs - this.#nowMs();
    if (waitMs <= 0) return;
    throw new CardumeError('LIMIT_REACHED', 'too many wrong tokens came from where you are; try again later', {
      metadata: { limit: 'maxFailedAttempts' },
      retryDelayMs: waitMs,
    });
  }

  /** Counts a wrong token. */
  add(caller: string): void {
    const nowMs = this.#nowMs();
    const attempts = this.#byCaller.get(caller);
    if (attempts !== undefined && nowMs - attempts.sinceMs < failedAttemptsWindowMs) {
      attempts.count += 1;
      return;
    }
    this.#byCaller.delete(caller);
    this.#byCaller.set(caller, { count: 1, sinceMs: nowMs });
    if (this.#byCaller.size > maxFailedCallers) {
      const [oldest] = this.#byCaller.keys();
      if (oldest !== undefined) this.#byCaller.delete(oldest);
    }
  }
}
