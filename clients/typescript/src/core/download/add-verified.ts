import type { Manifest } from '../digest/manifest.ts';
import { pieceRange } from '../digest/piece-length.ts';
import type { PieceSet } from './piece-set.ts';

/**
 * Adds pieces to those that are verified.
 *
 * @returns those that were not in it yet, and their length in bytes
 */
export function addVerified(
  verified: PieceSet,
  pieces: readonly number[],
  { sizeBytes, pieceLengthBytes }: Pick<Manifest, 'sizeBytes' | 'pieceLengthBytes'>,
): { isNew: number[]; bytes: number } {
  const isNew = pieces.filter((piece) => !verified.has(piece));
  let bytes = 0;
  for (const piece of isNew) {
    const { start, end } = pieceRange(piece, sizeBytes, pieceLengthBytes);
    verified.add(piece);
    bytes += end - start;
  }
  return { isNew, bytes };
}
