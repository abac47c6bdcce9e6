import { CardumeError } from '@cardume/client';
import { maxWaitingSmallRequests, maxWaitingSmallRequestsPerCaller, minQueueRetryMs } from '../limits.ts';

/** A small request that waits for a lane. */
interface Waiting {
  caller: string;
  begin: () => void;
}

/**
 * Lanes that are for small requests only, so that those wait for no large one. When all are taken they wait; then whose caller has
 * the fewest is first, and of equal ones who came first.
 */
export class SmallLanes {
  readonly #count: number;
  readonly #waiting: Waiting[] = [];
  readonly #takenBy = new Map<string, number>();
  #taken = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /**
   * Calls `begin` when there is a lane, now or later.
   *
   * @returns gives the lane back, or the place among those who wait; safe to call twice
   * @throws CardumeError LIMIT_REACHED when too many wait
   */
  enter(caller: string, begin: () => void): () => void {
    const ofCaller = this.#waiting.filter((other) => other.caller === caller).length;
    if (this.#waiting.length >= maxWaitingSmallRequests || ofCaller >= maxWaitingSmallRequestsPerCaller) {
      const limit = 'maxWaitingSmallRequests';
      throw new CardumeError('LIMIT_REACHED', `too many small requests wait at this peer (${limit}); try again`, {
        metadata: { limit },
        retryDelayMs: minQueueRetryMs,
      });
    }
    let state: 'waiting' | 'running' | 'left' = 'waiting';
    const waiting = {
      caller,
      begin: () => {
        state = 'running';
        begin();
      },
    };
    this.#waiting.push(waiting);
    this.#next();
    return () => {
      if (state === 'waiting') this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      if (state === 'running') this.#leave(caller);
      state = 'left';
    };
  }

  #leave(caller: string): void {
    this.#taken -= 1;
    const left = (this.#takenBy.get(caller) ?? 1) - 1;
    if (left === 0) this.#takenBy.delete(caller);
    else this.#takenBy.set(caller, left);
    this.#next();
  }

  #next(): void {
    while (this.#taken < this.#count && this.#waiting.length > 0) {
      const [first, ...others] = this.#waiting;
      if (first === undefined) return;
      const next = others.reduce((best, other) => (this.#has(other) < this.#has(best) ? other : best), first);
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#taken += 1;
      this.#takenBy.set(next.caller, this.#has(next) + 1);
      next.begin();
    }
  }

  #has({ caller }: Waiting): number {
    return this.#takenBy.get(caller) ?? 0;
  }
}
