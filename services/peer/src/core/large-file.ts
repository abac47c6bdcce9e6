import { hashLengthBytes, pieceCount, usualPieceLength } from '@cardume/client';
import type { PieceRange } from './hash-task.ts';
import { largeFileBytes } from './limits.ts';
import type { ScannedFile } from './scanned-file.ts';

/** Hashes of pieces that follow each other. */
export interface PieceHashes {
  firstPiece: number;
  /** 32 bytes each. */
  pieceHashes: Uint8Array;
}

/** Whether a file is hashed in ranges. */
export function isLargeFile({ sizeBytes }: Pick<ScannedFile, 'sizeBytes'>): boolean {
  return sizeBytes > largeFileBytes;
}

/**
 * A large file while it is hashed: hands out ranges of its pieces in order, and gathers their hashes in whatever order
 * they come.
 *
 * What is kept between runs is a beginning of the piece hashes without gaps. Ranges are begun in order, so what has
 * ended beyond a gap is little.
 */
export class LargeFile {
  readonly file: ScannedFile;
  readonly pieceLengthBytes: number;
  /** The hashes of all pieces; those of pieces that are not hashed yet are zeros. */
  readonly pieceHashes: Buffer;
  readonly #pieceCount: number;
  /** Ranges that have ended beyond the gap: where each begins, and where it ends. */
  readonly #beyondGap = new Map<number, number>();
  #nextPiece: number;
  #gaplessPieces: number;
  #keptPieces: number;

  /** @param kept the hashes of its first pieces, from an earlier run; as many as there are */
  constructor(file: ScannedFile, kept: Uint8Array) {
    this.file = file;
    this.pieceLengthBytes = usualPieceLength(file.sizeBytes);
    this.#pieceCount = pieceCount(file.sizeBytes, this.pieceLengthBytes);
    this.pieceHashes = Buffer.alloc(this.#pieceCount * hashLengthBytes);
    this.pieceHashes.set(kept.subarray(0, this.pieceHashes.length));
    this.#keptPieces = Math.min(this.#pieceCount, Math.floor(kept.length / hashLengthBytes));
    this.#nextPiece = this.#keptPieces;
    this.#gaplessPieces = this.#keptPieces;
  }

  /** How many bytes an earlier run has hashed. */
  get resumedBytes(): number {
    return Math.min(this.#keptPieces * this.pieceLengthBytes, this.file.sizeBytes);
  }

  /** Whether every piece is hashed. */
  get complete(): boolean {
    return this.#gaplessPieces === this.#pieceCount;
  }

  /** The next range to hash; undefined when all have been handed out. */
  takeRange(): PieceRange | undefined {
    if (this.#nextPiece === this.#pieceCount) return undefined;
    const firstPiece = this.#nextPiece;
    const endPiece = Math.min(firstPiece + largeFileBytes / this.pieceLengthBytes, this.#pieceCount);
    this.#nextPiece = endPiece;
    return { firstPiece, endPiece };
  }

  /** Takes the hashes of a range. */
  put({ firstPiece, endPiece }: PieceRange, pieceHashes: Uint8Array): void {
    this.pieceHashes.set(pieceHashes, firstPiece * hashLengthBytes);
    this.#beyondGap.set(firstPiece, endPiece);
    for (let end = this.#endAtGap(); end !== undefined; end = this.#endAtGap()) {
      this.#beyondGap.delete(this.#gaplessPieces);
      this.#gaplessPieces = end;
    }
  }

  /** What follows on what is kept and is not kept yet; from now on it counts as kept. Undefined when there is nothing. */
  takeUnkept(): PieceHashes | undefined {
    const firstPiece = this.#keptPieces;
    if (firstPiece === this.#gaplessPieces) return undefined;
    this.#keptPieces = this.#gaplessPieces;
    const pieceHashes = this.pieceHashes.subarray(firstPiece * hashLengthBytes, this.#keptPieces * hashLengthBytes);
    return { firstPiece, pieceHashes };
  }

  #endAtGap(): number | undefined {
    return this.#beyondGap.get(this.#gaplessPieces);
  }
}
