import { usualPieceLength } from '@cardume/client';
import type { DigestCache } from './adapters/digest-cache.ts';
import type { HashPool } from './adapters/hash-pool.ts';
import { type FileOutcome, hashFailure, type PieceRange } from './core/hash-task.ts';
import { LargeFile } from './core/large-file.ts';
import { keepPiecesIntervalMs } from './core/limits.ts';
import type { ScannedFile } from './core/scanned-file.ts';

export interface LargeFileHasherInit {
  pool: HashPool;
  cache: DigestCache;
  /** A clock in milliseconds that is never set back. */
  nowMs: () => number;
  /** The large file that is hashed next. */
  take: () => ScannedFile | undefined;
  /** Whether a file is still to be hashed. */
  isWanted: (file: ScannedFile) => boolean;
  /** An earlier run has hashed so many bytes of a file that is begun now. */
  onResumed: (bytes: number) => void;
  onOutcome: (file: ScannedFile, outcome: FileOutcome) => void;
}

/** Something for a thread. */
export interface HashWork {
  /** What it is about, for a display. */
  file: ScannedFile;
  run: () => Promise<void>;
}

/**
 * Hashes large files, each by several threads at once and one file after the other, and keeps the pieces that are
 * hashed about every second, so that hashing goes on from there after a stop.
 */
export class LargeFileHasher {
  readonly #init: LargeFileHasherInit;
  /** The file whose ranges are handed out now. */
  #current: LargeFile | undefined;
  /** Every file that is begun and not ended. */
  readonly #begun = new Set<LargeFile>();
  #keptAtMs = Number.NEGATIVE_INFINITY;

  constructor(init: LargeFileHasherInit) {
    this.#init = init;
  }

  /** The next range for a thread; undefined when there is none. */
  next(): HashWork | undefined {
    const work = this.#current === undefined ? undefined : this.#nextRange(this.#current);
    if (work !== undefined) return work;
    this.#current = this.#begin();
    const large = this.#current;
    if (large === undefined) return undefined;
    // An earlier run may have been stopped when every piece was hashed.
    return large.complete ? { file: large.file, run: () => this.#finish(large) } : this.#nextRange(large);
  }

  /** Keeps all pieces that have been hashed. @throws what the cache throws */
  keepPieces(): void {
    for (const large of this.#begun) {
      const hashes = this.#init.isWanted(large.file) ? large.takeUnkept() : undefined;
      if (hashes === undefined) continue;
      this.#init.cache.keepPieces(large.file, large.pieceLengthBytes, hashes);
      this.#keptAtMs = this.#init.nowMs();
    }
  }

  #begin(): LargeFile | undefined {
    const { take, cache, onResumed, onOutcome } = this.#init;
    for (let file = take(); file !== undefined; file = take()) {
      try {
        const large = new LargeFile(file, cache.pieces(file, usualPieceLength(file.sizeBytes)));
        this.#begun.add(large);
        onResumed(large.resumedBytes);
        return large;
      } catch (error) {
        onOutcome(file, hashFailure(error));
      }
    }
    return undefined;
  }

  #nextRange(large: LargeFile): HashWork | undefined {
    const range = this.#begun.has(large) && this.#init.isWanted(large.file) ? large.takeRange() : undefined;
    return range === undefined ? undefined : { file: large.file, run: () => this.#hashRange(large, range) };
  }

  async #hashRange(large: LargeFile, range: PieceRange): Promise<void> {
    try {
      const outcome = await this.#init.pool.hashRange(large, range);
      if (outcome.result !== 'hashed') {
        this.#end(large, outcome);
        return;
      }
      large.put(range, outcome.pieceHashes);
      if (large.complete) await this.#finish(large);
      else if (this.#init.nowMs() - this.#keptAtMs >= keepPiecesIntervalMs) this.keepPieces();
    } catch (error) {
      this.#end(large, hashFailure(error));
    }
  }

  async #finish(large: LargeFile): Promise<void> {
    const { pieceHashes } = large;
    try {
      const digest = await this.#init.pool.digestOf(large);
      this.#end(large, { result: 'hashed', digest, pieceHashes });
    } catch (error) {
      this.#end(large, hashFailure(error));
    }
  }

  /** Ends a file. What its other ranges give after that is of no effect. */
  #end(large: LargeFile, outcome: FileOutcome): void {
    if (this.#begun.delete(large)) this.#init.onOutcome(large.file, outcome);
  }
}
