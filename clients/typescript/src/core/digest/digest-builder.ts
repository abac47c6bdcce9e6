import { hash } from 'node:crypto';
import { digestOfLayer, type Manifest } from './manifest.ts';
import { hashLengthBytes, powerOfTwoAtLeast, reduceLayer } from './merkle-tree.ts';
import { blockSizeBytes } from './piece-length.ts';

/**
 * Computes a file's digest and manifest from its bytes in order.
 *
 * Memory is one piece's leaf hashes and the piece hashes (32 bytes a piece), whatever the file's size.
 */
export class DigestBuilder {
  readonly #pieceLengthBytes: number;
  readonly #leaves: Buffer;
  readonly #pieces: Buffer[] = [];
  readonly #rest = Buffer.allocUnsafe(blockSizeBytes);
  #restLength = 0;
  #leafCount = 0;
  #sizeBytes = 0;

  /** @param pieceLengthBytes the piece length of the manifest to make: a power of two, at least 16 KiB */
  constructor(pieceLengthBytes: number) {
    this.#pieceLengthBytes = pieceLengthBytes;
    this.#leaves = Buffer.allocUnsafe((pieceLengthBytes / blockSizeBytes) * hashLengthBytes);
  }

  /** Takes the next bytes, any number of them. */
  update(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    let start = 0;
    if (this.#restLength > 0) {
      start = Math.min(blockSizeBytes - this.#restLength, bytes.length);
      this.#rest.set(bytes.subarray(0, start), this.#restLength);
      this.#restLength += start;
      if (this.#restLength < blockSizeBytes) return;
      this.#addBlock(this.#rest);
      this.#restLength = 0;
    }
    for (; start + blockSizeBytes <= bytes.length; start += blockSizeBytes) {
      this.#addBlock(bytes.subarray(start, start + blockSizeBytes));
    }
    this.#rest.set(bytes.subarray(start));
    this.#restLength = bytes.length - start;
  }

  /** Ends the file. The builder is of no use after that. */
  finish(): Manifest {
    if (this.#restLength > 0) this.#addBlock(this.#rest.subarray(0, this.#restLength));
    const single = this.#pieces.length === 0;
    if (this.#leafCount > 0) this.#addPiece(single ? this.#leafCount : this.#pieceLengthBytes / blockSizeBytes);
    const pieceHashes = Buffer.concat(this.#pieces);
    const sizeBytes = this.#sizeBytes;
    const pieceLengthBytes = this.#pieceLengthBytes;
    return {
      digest: digestOfLayer(sizeBytes, pieceLengthBytes, pieceHashes),
      sizeBytes,
      pieceLengthBytes,
      pieceHashes,
    };
  }

  #addBlock(block: Uint8Array): void {
    // A full piece is closed only when more follows: the only piece of a file is closed otherwise, in finish().
    if (this.#leafCount * hashLengthBytes === this.#leaves.length) this.#addPiece(this.#leafCount);
    hash('sha256', block, 'buffer').copy(this.#leaves, this.#leafCount * hashLengthBytes);
    this.#leafCount += 1;
  }

  #addPiece(leavesWide: number): void {
    const leaves = this.#leaves.subarray(0, this.#leafCount * hashLengthBytes);
    this.#pieces.push(reduceLayer(leaves, 0, powerOfTwoAtLeast(leavesWide)));
    this.#leafCount = 0;
  }
}
