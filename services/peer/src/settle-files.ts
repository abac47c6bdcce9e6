import { settleMs } from './core/limits.ts';
import type { ScannedFile } from './core/scanned-file.ts';

export interface SettlingFilesInit {
  restat: (file: ScannedFile) => Promise<ScannedFile | undefined>;
  /** The time of day in milliseconds since 1970, to compare with those of files. */
  wallClockMs: () => number;
  /** A file's time has come. `now`: how it is by then; undefined when it is gone. */
  onTime: (file: ScannedFile, now: ScannedFile | undefined) => void;
}

interface Settling {
  file: ScannedFile;
  atMs: number;
}

/** The files that were written to just now, each until it is time to look at it again. */
export class SettlingFiles {
  readonly #init: SettlingFilesInit;
  readonly #files = new Map<string, Settling>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(init: SettlingFilesInit) {
    this.#init = init;
  }

  /** How many there are. */
  get size(): number {
    return this.#files.size;
  }

  /** Looks at a file again after a while; at another one of that name no longer. */
  put(file: ScannedFile, waitMs: number): void {
    this.#files.set(file.name, { file, atMs: this.#init.wallClockMs() + waitMs });
    this.#timer ??= setTimeout(() => this.#look(), settleMs / 4);
  }

  drop(name: string): void {
    this.#files.delete(name);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const nowMs = this.#init.wallClockMs();
    for (const [name, settling] of [...this.#files]) {
      if (settling.atMs > nowMs) continue;
      const now = await this.#init.restat(settling.file);
      if (this.#closed) return;
      // It may have been dropped or replaced meanwhile.
      if (this.#files.get(name) !== settling) continue;
      this.#files.delete(name);
      this.#init.onTime(settling.file, now);
    }
    this.#timer = this.#files.size > 0 ? setTimeout(() => this.#look(), settleMs / 4) : undefined;
  }
}
