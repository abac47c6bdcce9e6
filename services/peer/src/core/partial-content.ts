import { CardumeError, type Manifest, type PieceSet } from '@cardume/client';
import type { OpenFile } from './open-file.ts';
import type { ReadRange } from './read-range.ts';

/** A file that is on its way here: its pieces are served as they come. */
export interface PartialContent {
  /** The pieces that are there. None ever goes. */
  readonly have: PieceSet;
  /** At the file's usual piece length. */
  readonly manifest: Manifest;
  /** Opens what there is of it. */
  open(): OpenFile;
}

/**
 * Checks that the pieces of a range are there.
 *
 * @throws CardumeError PIECES_MISSING with the first one that is not
 */
export function checkRangeIsThere({ have, manifest }: PartialContent, { start, end }: ReadRange): void {
  if (start >= end) return;
  const { digest, pieceLengthBytes } = manifest;
  for (let piece = Math.floor(start / pieceLengthBytes); piece * pieceLengthBytes < end; piece++) {
    if (have.has(piece)) continue;
    const message = `this peer has only a part of the file, and not piece ${piece} yet; watch its pieces, or ask another`;
    throw new CardumeError('PIECES_MISSING', message, {
      metadata: { digest, piece: String(piece), piece_length_bytes: String(pieceLengthBytes) },
    });
  }
}
