import { createRateMeter } from '@cardume/client';
import type { PeerEvent } from './peer-event.ts';

/** How far hashing is. */
export type HashingEvent = Extract<PeerEvent, { type: 'hashing' }>;

/** Counts how far hashing is, from the moment that there is something to hash until nothing is left. */
export class HashProgress {
  /** The files that are still to be hashed, with their sizes in bytes. */
  readonly #open = new Map<string, number>();
  #meter = createRateMeter();
  #hashedFiles = 0;
  #totalBytes = 0;
  #startBytes = 0;
  #resumedBytes = 0;

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
      this.#meter = createRateMeter();
      this.#hashedFiles = 0;
      this.#totalBytes = 0;
      this.#startBytes = counterBytes;
      this.#resumedBytes = 0;
    }
    this.drop(name);
    this.#open.set(name, sizeBytes);
    this.#totalBytes += sizeBytes;
  }

  /** A part of a file need not be hashed, since an earlier run has done so. */
  resume(bytes: number): void {
    this.#resumedBytes += bytes;
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

  /**
   * @param nowMs a clock that is never set back
   * @param name a file that is being hashed
   */
  event(counterBytes: number, nowMs: number, name: string | undefined): HashingEvent {
    const readBytes = counterBytes - this.#startBytes;
    const rate = this.#meter.update(nowMs, readBytes);
    // A file that changed while it was read is counted twice by the workers; more than all would only confuse.
    const doneBytes = Math.min(readBytes + this.#resumedBytes, this.#totalBytes);
    const hashedBytes = this.busy ? doneBytes : this.#totalBytes;
    const leftMs = rate === undefined ? undefined : ((this.#totalBytes - hashedBytes) * 1000) / rate;
    return {
      type: 'hashing',
      hashedFiles: this.#hashedFiles,
      totalFiles: this.#hashedFiles + this.#open.size,
      hashedBytes,
      totalBytes: this.#totalBytes,
      resumedBytes: this.#resumedBytes,
      bytesPerSecond: rate === undefined ? undefined : Math.round(rate),
      remainingMs: leftMs !== undefined && Number.isFinite(leftMs) ? Math.round(leftMs) : undefined,
      name,
    };
  }
}
