import { maxQueuedTransfers, maxQueuedTransfersPerCaller } from '../limits.ts';

/** A transfer that waits for an upload slot. */
interface Waiting {
  caller: string;
  /** When it is to come back. */
  dueMs: number;
  /** How long its place is kept. */
  keptUntilMs: number;
}

/**
 * The places of those who wait for an upload slot. They come back now and then to ask; who does not in time has its place no more.
 *
 * Whose caller has the fewest slots is first, its own transfers that wait before it counted as if they had one; of equal ones,
 * who came first. So a caller that has many transfers, or invents them, waits no shorter than one that has one, and its first
 * one no longer.
 */
export class SlotQueue {
  /** In the order in which they came. */
  readonly #waiting = new Map<string, Waiting>();

  get size(): number {
    return this.#waiting.size;
  }

  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** Whether anybody else than this one waits. */
  hasOther(key: string): boolean {
    return this.#waiting.size > Number(this.#waiting.has(key));
  }

  /** Takes a place, or keeps it. @returns false: all places are taken, or all that the caller may have */
  keep(key: string, { caller, dueMs, keptUntilMs }: Waiting): boolean {
    const before = this.#waiting.get(key);
    if (before === undefined) {
      const ofCaller = [...this.#waiting.values()].filter((other) => other.caller === caller);
      if (this.size >= maxQueuedTransfers || ofCaller.length >= maxQueuedTransfersPerCaller) return false;
    }
    this.#waiting.set(key, { caller, dueMs, keptUntilMs });
    return true;
  }

  remove(key: string): void {
    this.#waiting.delete(key);
  }

  /** Gives up the places of those who did not come back. */
  expire(nowMs: number): void {
    for (const [key, { keptUntilMs }] of this.#waiting) if (keptUntilMs < nowMs) this.#waiting.delete(key);
  }

  /**
   * How many are before a transfer; of one that has no place, if it came now.
   *
   * @param slotsOf how many slots a caller has
   * @param soonMs of interest are also those who are to come back by then
   */
  ahead(
    key: string,
    caller: string,
    slotsOf: (caller: string) => number,
    soonMs: number,
  ): { all: number; soon: number } {
    const own = this.#roundOf(key, caller, slotsOf);
    const rounds = new Map<string, number>();
    let [all, soon] = [0, 0];
    let isBefore = true;
    for (const [otherKey, other] of this.#waiting) {
      if (otherKey === key) isBefore = false;
      const round = rounds.get(other.caller) ?? slotsOf(other.caller);
      rounds.set(other.caller, round + 1);
      if (otherKey === key || round > own || (round === own && !isBefore)) continue;
      all += 1;
      if (other.dueMs <= soonMs) soon += 1;
    }
    return { all, soon };
  }

  /** How many slots its caller has, with those that it waits for before. */
  #roundOf(key: string, caller: string, slotsOf: (caller: string) => number): number {
    let round = slotsOf(caller);
    for (const [otherKey, other] of this.#waiting) {
      if (otherKey === key) break;
      if (other.caller === caller) round += 1;
    }
    return round;
  }
}
