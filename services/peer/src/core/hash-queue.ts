import type { ScannedFile } from './scanned-file.ts';

/** A file from this size on takes seconds to hash, and is kept from taking every thread. */
export const longFileBytes = 1024 ** 3;

/**
 * The files that wait to be hashed, by name.
 *
 * Small ones come before large ones, by order of magnitude, so that many files are shared early; and with two threads
 * or more, one of them never takes a long file, so that small ones which appear later need not wait for it.
 */
export class HashQueue {
  readonly #threads: number;
  readonly #waiting = new Map<string, ScannedFile>();
  /** The same by the binary logarithm of their sizes. They may hold files that wait no more. */
  readonly #bySize: ScannedFile[][] = [];
  #runningLong = 0;

  /** @param threads how many threads hash */
  constructor(threads: number) {
    this.#threads = threads;
  }

  /** How many files wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Adds a file, or replaces the one of that name. */
  put(file: ScannedFile): void {
    this.#waiting.set(file.name, file);
    const magnitude = Math.ceil(Math.log2(file.sizeBytes + 1));
    const files = this.#bySize[magnitude];
    if (files === undefined) this.#bySize[magnitude] = [file];
    else files.push(file);
  }

  /** Lets a file wait no more. */
  drop(name: string): void {
    this.#waiting.delete(name);
  }

  /** The file to hash next, which must be given back to {@link ended}; undefined when none may begin now. */
  take(): ScannedFile | undefined {
    for (const files of this.#bySize) {
      if (files === undefined) continue;
      this.#trim(files);
      const next = files.at(-1);
      if (next === undefined) continue;
      if (isLong(next) && this.#threads > 1 && this.#runningLong >= this.#threads - 1) return undefined;
      files.pop();
      this.#waiting.delete(next.name);
      if (isLong(next)) this.#runningLong += 1;
      return next;
    }
    return undefined;
  }

  /** Says that a file which was taken has been hashed, or could not be. */
  ended(file: ScannedFile): void {
    if (isLong(file)) this.#runningLong -= 1;
  }

  /** Removes files that wait no more from the end, where the next one is taken. */
  #trim(files: ScannedFile[]): void {
    for (let last = files.at(-1); last !== undefined; last = files.at(-1)) {
      if (this.#waiting.get(last.name) === last) return;
      files.pop();
    }
  }
}

function isLong({ sizeBytes }: ScannedFile): boolean {
  return sizeBytes >= longFileBytes;
}
