import type { CardumeError } from '../../errors/cardume-error.ts';

/** How often one that is preferred to the one in use is tried, in milliseconds. */
const tryPreferredEveryMs = 60_000;

/**
 * Says which of several equal servers is asked: the first one of the list until it fails, then the next one until that fails.
 *
 * One of those before it is tried again by one call a minute, each of them in its turn, and used again when it answers: one
 * that stays silent costs no more than that, and where the servers are not replicas, all who have the same list meet again.
 * Pure: whoever asks brings the clock.
 */
export class Turns {
  readonly #count: number;
  #inUse = 0;
  /** Which one before it is being tried; undefined: none. */
  #tried: number | undefined;
  #nextToTry = 0;
  /** When the first one was left, or another one than that in use was tried last. */
  #triedMs = 0;

  /** @param count how many servers there are */
  constructor(count: number) {
    this.#count = count;
  }

  /** The one that is in use. */
  get inUse(): number {
    return this.#inUse;
  }

  /**
   * Which one a call asks next.
   *
   * @param asked those that it has asked in vain
   * @returns undefined: it has asked all of them
   */
  next(asked: Pick<ReadonlySet<number>, 'has' | 'size'>, nowMs: number): number | undefined {
    if (asked.size === 0 && this.#inUse > 0 && nowMs - this.#triedMs >= tryPreferredEveryMs) {
      this.#triedMs = nowMs;
      this.#tried = this.#nextToTry % this.#inUse;
      this.#nextToTry = this.#tried + 1;
      return this.#tried;
    }
    for (let step = 0; step < this.#count; step += 1) {
      const server = (this.#inUse + step) % this.#count;
      if (!asked.has(server)) return server;
    }
    return undefined;
  }

  /** Notes that one answered, whatever it said. A late answer of one that has failed others is no reason to go back. */
  answered(server: number): void {
    if (server !== this.#tried) return;
    this.#tried = undefined;
    this.#inUse = server;
  }

  /** Notes that one could not answer: when it is the one in use, the next one is from now on. */
  failed(server: number, nowMs: number): void {
    if (server === this.#tried) this.#tried = undefined;
    if (server !== this.#inUse) return;
    if (server === 0) this.#triedMs = nowMs;
    this.#inUse = (server + 1) % this.#count;
  }
}

/** Whether another server may do what this one could not: it is not there, or is stopping, or cannot reach its database. */
export function isWorthAskingAnother({ reason }: Pick<CardumeError, 'reason'>): boolean {
  return ['UNREACHABLE', 'TIMED_OUT', 'SHUTTING_DOWN', 'STORAGE_UNAVAILABLE'].includes(reason);
}
