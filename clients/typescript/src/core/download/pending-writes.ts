/**
 * Lets a few writes run while the next bytes are received and hashed, and no more than a few: each holds its bytes.
 *
 * A write that fails is thrown at the next call, whichever that is, and nothing is written after it.
 */
export class PendingWrites {
  readonly #max: number;
  readonly #pending = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  /** @param max how many writes may run at once */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Begins a write; waits first until there is room for it.
   *
   * @throws what an earlier write threw
   */
  async begin(write: () => Promise<void>): Promise<void> {
    while (this.#pending.size >= this.#max) await Promise.race(this.#pending);
    this.#check();
    const running = write()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#pending.delete(running));
    this.#pending.add(running);
  }

  /**
   * Waits until every write has ended.
   *
   * @throws what one of them threw
   */
  async end(): Promise<void> {
    await Promise.all(this.#pending);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
