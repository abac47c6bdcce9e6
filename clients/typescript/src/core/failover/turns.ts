import type { CardumeError } from '../../errors/cardume-error.ts';

/** After how long in milliseconds the preferred one is asked again, once another one is in use. */
const preferAgainMs = 60_000;

/**
 * Says which of several equal servers is asked: the first one of the list as long as it answers, then the next one that does.
 * Pure: whoever asks brings the clock.
 */
export class Turns {
  readonly #count: number;
  #inUse = 0;
  #leftMs = 0;

  /** @param count how many servers there are */
  constructor(count: number) {
    this.#count = count;
  }

  /** The order in which they are to be asked now, each once. */
  order(nowMs: number): number[] {
    if (this.#inUse !== 0 && nowMs - this.#leftMs >= preferAgainMs) this.#inUse = 0;
    return Array.from({ length: this.#count }, (_, step) => (this.#inUse + step) % this.#count);
  }

  /** Notes that one answered, whatever it said: it stays in use. */
  answered(server: number, nowMs: number): void {
    if (server === this.#inUse) return;
    this.#inUse = server;
    this.#leftMs = nowMs;
  }
}

/** Whether another server may do what this one could not: it is not there, or is stopping, or cannot reach its database. */
export function isWorthAskingAnother({ reason }: Pick<CardumeError, 'reason'>): boolean {
  return ['UNREACHABLE', 'TIMED_OUT', 'SHUTTING_DOWN', 'STORAGE_UNAVAILABLE'].includes(reason);
}
