/**
 * Items that can be gone through again from the first one, as long as they are few: those that were asked for are kept, and
 * each is taken from its source once. Of one that is gone through again, those before must not be asked for more.
 */
export class KeptItems<Item> implements AsyncIterable<Item> {
  readonly #source: AsyncIterator<Item> | Iterator<Item>;
  readonly #sizeOf: (item: Item) => number;
  readonly #maxKept: number;
  readonly #kept: Item[] = [];
  #keptSize = 0;
  #droppedCount = 0;
  /** The item that is being waited for: whoever goes through them again waits for the same one. */
  #coming: Promise<boolean> | undefined;

  /** @param maxKept how much they may be together, by `sizeOf`, to be kept */
  constructor(items: Iterable<Item> | AsyncIterable<Item>, sizeOf: (item: Item) => number, maxKept: number) {
    this.#source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    this.#sizeOf = sizeOf;
    this.#maxKept = maxKept;
  }

  /** Whether all that were asked for are still here. */
  get areAllKept(): boolean {
    return this.#keptSize <= this.#maxKept;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (let place = 0; ; place += 1) {
      while (place >= this.#droppedCount + this.#kept.length) {
        this.#coming ??= this.#take();
        if (!(await this.#coming)) return;
      }
      yield this.#kept[place - this.#droppedCount] as Item;
      if (!this.areAllKept) this.#dropThrough(place);
    }
  }

  /** Lets go of the source. */
  close(): void {
    // Not waited for: it may wait for an item that never comes, and its own failure is nobody's any more.
    Promise.resolve(this.#source.return?.()).catch(() => undefined);
  }

  async #take(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done === true) return false;
    this.#coming = undefined;
    this.#keptSize += this.#sizeOf(value);
    this.#kept.push(value);
    return true;
  }

  #dropThrough(place: number): void {
    const dropped = this.#kept.splice(0, place + 1 - this.#droppedCount);
    this.#droppedCount += dropped.length;
  }
}
