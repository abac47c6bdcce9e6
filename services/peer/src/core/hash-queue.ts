import { isLargeFile } from './large-file.ts';
import { largeFileBytes, maxFilesPerHashTask } from './limits.ts';
import type { ScannedFile } from './scanned-file.ts';

/** Small files that are hashed by one thread at a time have this many bytes together at the most, or are one file. */
const maxBatchBytes = largeFileBytes / 2;

/**
 * The files that wait to be hashed, by name.
 *
 * Small ones come before large ones, by order of magnitude, so that many files are shared early. Small ones come many
 * at a time, since handing one over to a thread takes longer than hashing it.
 */
export class HashQueue {
  readonly #waiting = new Map<string, ScannedFile>();
  /** The same by the binary logarithm of their sizes, rounded up. They may hold files that wait no more. */
  readonly #bySize: ScannedFile[][] = [];

  /** How many files wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds a file, or replaces the one of that name. */
  put(file: ScannedFile): void {
    this.#waiting.set(file.name, file);
    const magnitude = Math.ceil(Math.log2(Math.max(file.sizeBytes, 1)));
    const files = this.#bySize[magnitude];
    if (files === undefined) this.#bySize[magnitude] = [file];
    else files.push(file);
  }

  /** Lets a file wait no more. */
  drop(name: string): void {
    this.#waiting.delete(name);
  }

  /** Small files that one thread hashes next; none when there are no small ones. */
  takeSmall(): ScannedFile[] {
    const batch: ScannedFile[] = [];
    let batchBytes = 0;
    for (let next = this.#first(); next !== undefined && !isLargeFile(next); next = this.#first()) {
      batchBytes += next.sizeBytes;
      if (batch.length > 0 && batchBytes > maxBatchBytes) break;
      batch.push(next);
      this.drop(next.name);
      if (batch.length === maxFilesPerHashTask) break;
    }
    return batch;
  }

  /** The large file that is hashed next; undefined when there is none. To be called when there are no small ones. */
  takeLarge(): ScannedFile | undefined {
    const next = this.#first();
    if (next === undefined || !isLargeFile(next)) return undefined;
    this.drop(next.name);
    return next;
  }

  /** One of the smallest. Files that wait no more are removed on the way. */
  #first(): ScannedFile | undefined {
    for (const files of this.#bySize) {
      if (files === undefined) continue;
      for (let last = files.at(-1); last !== undefined; last = files.at(-1)) {
        if (this.#waiting.get(last.name) === last) return last;
        files.pop();
      }
    }
    return undefined;
  }
}
