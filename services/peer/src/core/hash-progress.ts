import type { PeerEvent } from './peer-event.ts';

/** Counts how far hashing is, from the moment that there is something to hash until nothing is left. */
export class HashProgress {
  /** The files that are still to be hashed, with their sizes in bytes. */
  readonly #open = new Map<string, number>();
  #hashedFiles = 0;
  #totalBytes = 0;
  #startBytes = 0;

  /** Whether files are still to be hashed. */
  get busy(): boolean {
    return this.#open.size > 0;
  }

  /**
   * A file is to be hashed.
   *
   * @param counterBytes how many bytes were hashed since the process began
   */
  add(name: string, sizeBytes: number, counterBytes: number): void {
    if (!this.busy) {
      this.#hashedFiles = 0;
      this.#totalBytes = 0;
      this.#startBytes = counterBytes;
    }
    this.drop(name);
    this.#open.set(name, sizeBytes);
    this.#totalBytes += sizeBytes;
  }

  /** A file need not be hashed any more, or not yet. */
  drop(name: string): void {
    this.#totalBytes -= this.#open.get(name) ?? 0;
    this.#open.delete(name);
  }

  /** A file was hashed, or could not be. */
  done(name: string): void {
    if (this.#open.delete(name)) this.#hashedFiles += 1;
  }

  /** @param name a file that is being hashed */
  event(counterBytes: number, name: string | undefined): PeerEvent {
    return {
      type: 'hashing',
      hashedFiles: this.#hashedFiles,
      totalFiles: this.#hashedFiles + this.#open.size,
      // A file that changed while it was read is counted twice by the workers; more than all would only confuse.
      hashedBytes: this.busy ? Math.min(counterBytes - this.#startBytes, this.#totalBytes) : this.#totalBytes,
      totalBytes: this.#totalBytes,
      name,
    };
  }
}
