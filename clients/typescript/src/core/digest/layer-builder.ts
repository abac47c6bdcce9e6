import { hashBlocks } from './hash-blocks.ts';
import { hashLengthBytes, powerOfTwoAtLeast, reduceLayer } from './merkle-tree.ts';
import { blockSizeBytes } from './piece-length.ts';

/**
 * Computes the hashes of consecutive pieces from their bytes in order: of a whole file, or of a range of its pieces,
 * so that several threads can share a large one.
 *
 * Memory is one piece's leaf hashes and the piece hashes (32 bytes a piece), however many bytes there are.
 */
export class LayerBuilder {
  readonly #leavesPerPiece: number;
  readonly #leaves: Buffer;
  readonly #pieces: Buffer[] = [];
  /** The beginning of a block that is not complete. It is made when an update ends within a block. */
  #rest: Buffer | undefined;
  #restLength = 0;
  #leafCount = 0;

  /** @param pieceLengthBytes a power of two, at least 16 KiB */
  constructor(pieceLengthBytes: number) {
    this.#leavesPerPiece = pieceLengthBytes / blockSizeBytes;
    this.#leaves = Buffer.allocUnsafe(this.#leavesPerPiece * hashLengthBytes);
  }

  /** Takes the next bytes, any number of them. */
  update(bytes: Uint8Array): void {
    let start = 0;
    if (this.#restLength > 0) {
      start = this.#fillRest(bytes);
      if (this.#restLength < blockSizeBytes) return;
      this.#addBlocks(this.#takeRest());
    }
    const whole = start + Math.floor((bytes.length - start) / blockSizeBytes) * blockSizeBytes;
    while (start < whole) {
      const room = (this.#leavesPerPiece - (this.#leafCount % this.#leavesPerPiece)) * blockSizeBytes;
      const end = Math.min(start + room, whole);
      this.#addBlocks(bytes.subarray(start, end));
      start = end;
    }
    if (start < bytes.length) this.#fillRest(bytes.subarray(start));
  }

  /**
   * Ends the range; the builder is of no use after that.
   *
   * @param wholeFile whether these were all bytes of the file: if they are a single piece, its tree is then only as wide
   *   as it must be
   * @returns the hashes of all pieces in order, 32 bytes each
   */
  finish(wholeFile: boolean): Buffer {
    if (this.#restLength > 0) this.#addBlocks(this.#takeRest());
    const narrow = wholeFile && this.#pieces.length === 0;
    if (this.#leafCount > 0) this.#closePiece(narrow ? powerOfTwoAtLeast(this.#leafCount) : this.#leavesPerPiece);
    return Buffer.concat(this.#pieces);
  }

  /** @returns how many of the bytes it took */
  #fillRest(bytes: Uint8Array): number {
    this.#rest ??= Buffer.allocUnsafe(blockSizeBytes);
    const length = Math.min(blockSizeBytes - this.#restLength, bytes.length);
    this.#rest.set(bytes.subarray(0, length), this.#restLength);
    this.#restLength += length;
    return length;
  }

  #takeRest(): Uint8Array {
    const rest = this.#rest?.subarray(0, this.#restLength) ?? Buffer.alloc(0);
    this.#restLength = 0;
    return rest;
  }

  /** Takes blocks of one piece. */
  #addBlocks(blocks: Uint8Array): void {
    // A full piece is closed only when more follows: the only piece of a file is closed otherwise, in finish().
    if (this.#leafCount === this.#leavesPerPiece) this.#closePiece(this.#leavesPerPiece);
    hashBlocks(blocks, this.#leaves, this.#leafCount);
    this.#leafCount += Math.ceil(blocks.length / blockSizeBytes);
  }

  #closePiece(width: number): void {
    this.#pieces.push(reduceLayer(this.#leaves.subarray(0, this.#leafCount * hashLengthBytes), 0, width));
    this.#leafCount = 0;
  }
}
