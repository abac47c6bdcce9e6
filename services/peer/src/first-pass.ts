/** Tells when the first scan is done and every file that it found has been hashed or given up. */
export class FirstPass {
  readonly #names = new Set<string>();
  readonly #over = Promise.withResolvers<void>();
  #scanned = false;
  #ended = false;

  /** Resolves when the first pass is over, rejects when it failed. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Whether the scan is done. */
  get scanned(): boolean {
    return this.#scanned;
  }

  /** Whether all is done. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether any file is waited for now. */
  get waits(): boolean {
    return this.#names.size > 0;
  }

  /** Waits for a file of the first scan; later ones are no part of this. */
  waitFor(name: string): void {
    if (!this.#scanned) this.#names.add(name);
  }

  /** Waits no longer for a file. */
  done(name: string): void {
    this.#names.delete(name);
    this.#check();
  }

  endScan(): void {
    this.#scanned = true;
    this.#check();
  }

  /** The scan as a whole failed. Of no effect once it is done. */
  fail(error: unknown): void {
    this.#over.reject(error);
  }

  #check(): void {
    if (!this.#scanned || this.waits) return;
    this.#ended = true;
    this.#over.resolve();
  }
}
