/** Something that waits: of whom it is, and how many bytes it takes when it is its turn. */
export interface FairItem {
  readonly caller: string;
  readonly bytes: number;
}

/** How many callers that wait for nothing are remembered before those are forgotten for whom it makes no difference. */
const maxIdleTags = 64;

/**
 * An order in which each caller gets as many bytes as each other that waits (start-time fair queueing), and what one
 * caller has waiting goes in the order in which it came. Who comes after a silence has no claim to what it did not take. Nobody
 * starves: between two turns of a caller that waits, each other one gets its longest item more than it at the most.
 */
export class FairOrder<Item extends FairItem> {
  readonly #waiting = new Map<string, Item[]>();
  /** From which virtual time on a caller's next item may go: behind what it got. */
  readonly #tags = new Map<string, number>();
  #virtualBytes = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: Item): void {
    const own = this.#waiting.get(item.caller);
    if (own === undefined) this.#waiting.set(item.caller, [item]);
    else own.push(item);
    this.#size += 1;
  }

  remove(item: Item): void {
    const own = this.#waiting.get(item.caller) ?? [];
    const index = own.indexOf(item);
    if (index < 0) return;
    own.splice(index, 1);
    this.#size -= 1;
    if (own.length === 0) this.#waiting.delete(item.caller);
  }

  /** The callers that have something waiting. */
  callers(): Iterable<string> {
    return this.#waiting.keys();
  }

  /** What is next, of those callers that may have a turn now. */
  first(mayGo: (caller: string) => boolean): Item | undefined {
    let best: Item | undefined;
    let bestTag = Number.POSITIVE_INFINITY;
    // Of equal ones the caller that waits the longest: a map keeps the order in which they came.
    for (const [caller, [item]] of this.#waiting) {
      const tag = this.#tagOf(caller);
      if (item === undefined || tag >= bestTag || !mayGo(caller)) continue;
      best = item;
      bestTag = tag;
    }
    return best;
  }

  /** Takes out an item whose turn it is. */
  take(item: Item): void {
    const { caller, bytes } = item;
    this.#virtualBytes = this.#tagOf(caller);
    this.#tags.set(caller, this.#virtualBytes + bytes);
    this.remove(item);
    const left = this.#waiting.get(caller);
    if (left !== undefined) {
      // Behind those who wait with the same claim.
      this.#waiting.delete(caller);
      this.#waiting.set(caller, left);
    }
    if (this.#tags.size > this.#waiting.size + maxIdleTags) this.#forget();
  }

  #tagOf(caller: string): number {
    return Math.max(this.#virtualBytes, this.#tags.get(caller) ?? 0);
  }

  #forget(): void {
    for (const [caller, tag] of this.#tags) if (tag <= this.#virtualBytes) this.#tags.delete(caller);
  }
}
