import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Runs many small pieces of work together: those that come while the batch before them is under way are the next one. */
export class Batcher<Item, Result> {
  readonly #runAll: (items: Item[]) => Promise<(Result | Promise<Result>)[]>;
  readonly #maxItems: number;
  readonly #intervalMs: number;
  #waiting: { item: Item; resolve: (result: Result | Promise<Result>) => void; reject: (error: unknown) => void }[] =
    [];
  #isRunning = false;
  #begunMs = Number.NEGATIVE_INFINITY;

  /**
   * @param runAll gives a result for each item, in their order; the next batch does not wait for those that are yet to come
   * @param intervalMs how long after the begin of one batch the next one begins at the earliest: when batches cost, fewer
   * and larger ones cost less. What comes after a pause never waits. Default: 0
   */
  constructor(runAll: (items: Item[]) => Promise<(Result | Promise<Result>)[]>, maxItems: number, intervalMs = 0) {
    this.#runAll = runAll;
    this.#maxItems = maxItems;
    this.#intervalMs = intervalMs;
  }

  /** Resolves when the batch with this item is done; rejects when that fails as a whole. */
  run(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push({ item, resolve, reject });
    void this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      // What comes in the same turn goes together, and between two batches others have their turn.
      await nextTurn();
      const restMs = this.#begunMs + this.#intervalMs - performance.now();
      if (restMs > 0 && this.#waiting.length < this.#maxItems) await sleep(restMs);
      this.#begunMs = performance.now();
      const batch = this.#waiting.splice(0, this.#maxItems);
      try {
        const results = await this.#runAll(batch.map(({ item }) => item));
        for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result | Promise<Result>);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isRunning = false;
  }
}
