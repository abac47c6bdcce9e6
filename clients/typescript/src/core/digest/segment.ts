import type { Manifest } from './manifest.ts';
import { hashLengthBytes, powerOfTwoAtLeast, reduceLayer } from './merkle-tree.ts';
import { pieceHash, pieceTreeLength } from './piece-hash.ts';
import { blockSizeBytes, pieceRange } from './piece-length.ts';

/**
 * The unit in which a download is hashed and written, 1 MiB: a subtree of the digest's tree, so that what a download holds
 * in memory does not grow with the piece length, which goes up to 16 MiB.
 */
export const segmentLengthBytes = 1024 * 1024;

// How many levels of the tree are below the root of a full segment.
const segmentHeight = Math.log2(segmentLengthBytes / blockSizeBytes);

/** How a file is cut. */
export type FileShape = Pick<Manifest, 'sizeBytes' | 'pieceLengthBytes'>;

/** A part of a piece. */
export interface Segment {
  piece: number;
  /** Its place among the piece's segments. */
  indexInPiece: number;
  /** Where it begins in the file, in bytes. */
  start: number;
  lengthBytes: number;
}

/** The segment that begins at a position of the file, which is a multiple of {@link segmentLengthBytes}. */
export function segmentAt(start: number, { sizeBytes, pieceLengthBytes }: FileShape): Segment {
  const piece = Math.floor(start / pieceLengthBytes);
  const range = pieceRange(piece, sizeBytes, pieceLengthBytes);
  const indexInPiece = (start - range.start) / segmentLengthBytes;
  return { piece, indexInPiece, start, lengthBytes: Math.min(segmentLengthBytes, range.end - start) };
}

/**
 * The root of a segment's subtree.
 *
 * @param treeBytes see {@link segmentTreeLength}
 */
export function segmentRoot(bytes: Uint8Array, treeBytes: number): Buffer {
  return pieceHash(bytes, treeBytes);
}

/** How many bytes the subtree of each of a file's segments spans: less than a whole one in files that are shorter. */
export function segmentTreeLength({ sizeBytes, pieceLengthBytes }: FileShape): number {
  return Math.min(segmentLengthBytes, pieceTreeLength(sizeBytes, pieceLengthBytes));
}

/** Gathers the roots of a piece's segments, and makes the piece's hash of them. */
export class PieceOfSegments {
  readonly #manifest: Manifest;
  readonly #piece: number;
  readonly #roots: Buffer;
  #missing: number;

  constructor(piece: number, manifest: Manifest) {
    const { start, end } = pieceRange(piece, manifest.sizeBytes, manifest.pieceLengthBytes);
    this.#piece = piece;
    this.#manifest = manifest;
    this.#missing = Math.ceil((end - start) / segmentLengthBytes);
    this.#roots = Buffer.alloc(this.#missing * hashLengthBytes);
  }

  /** Takes the root of one segment, each once. Tells whether that was the last one. */
  add({ indexInPiece }: Segment, root: Uint8Array): boolean {
    this.#roots.set(root, indexInPiece * hashLengthBytes);
    this.#missing -= 1;
    return this.#missing === 0;
  }

  /** Whether the piece, all of whose segments have come, is the one that the manifest proves. */
  get isRight(): boolean {
    const { sizeBytes, pieceLengthBytes, pieceHashes } = this.#manifest;
    const expected = pieceHashes.subarray(this.#piece * hashLengthBytes, (this.#piece + 1) * hashLengthBytes);
    const treeBytes = pieceTreeLength(sizeBytes, pieceLengthBytes);
    if (treeBytes <= segmentLengthBytes) return this.#roots.equals(expected);
    const width = powerOfTwoAtLeast(Math.ceil(treeBytes / segmentLengthBytes));
    return reduceLayer(this.#roots, segmentHeight, width).equals(expected);
  }
}
