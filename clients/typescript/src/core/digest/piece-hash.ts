import { hashBlocks } from './hash-blocks.ts';
import { hashLengthBytes, powerOfTwoAtLeast, reduceLayer } from './merkle-tree.ts';
import { blockSizeBytes } from './piece-length.ts';

/**
 * The hash of one piece: the root of the subtree over its 16 KiB blocks (BEP 52).
 *
 * @param bytes the piece's bytes, at least one
 * @param pieceLengthBytes the piece length when the file has more than one piece: each subtree is then full, the
 *   last one filled up with missing leaves. For a file of a single piece, pass its own length: the tree is then only
 *   as wide as it must be, and the hash is the file's digest.
 */
export function pieceHash(bytes: Uint8Array, pieceLengthBytes: number): Buffer {
  const leaves = Buffer.allocUnsafe(Math.ceil(bytes.length / blockSizeBytes) * hashLengthBytes);
  hashBlocks(bytes, leaves, 0);
  return reduceLayer(leaves, 0, powerOfTwoAtLeast(Math.ceil(pieceLengthBytes / blockSizeBytes)));
}

/** What {@link pieceHash} wants as piece length for a file of this size: see there. */
export function pieceTreeLength(sizeBytes: number, pieceLengthBytes: number): number {
  return sizeBytes > pieceLengthBytes ? pieceLengthBytes : Math.max(sizeBytes, 1);
}
