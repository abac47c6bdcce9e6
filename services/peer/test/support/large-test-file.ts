import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { pieceCount, pieceHash, usualPieceLength } from '@cardume/client';
import { digestOfLayer } from '@cardume/client/digest';

/**
 * Writes a file that is mostly a hole, so that it takes no room, with a mark at the beginning of some pieces, so that
 * no piece can stand for another.
 *
 * @returns its digest
 */
export function writeLargeFile(path: string, sizeBytes: number, markedPieces: readonly number[]): string {
  const pieceLengthBytes = usualPieceLength(sizeBytes);
  const empty = pieceHash(Buffer.alloc(pieceLengthBytes), pieceLengthBytes);
  const pieces = Array.from({ length: pieceCount(sizeBytes, pieceLengthBytes) }, () => empty);
  const file = openSync(path, 'w');
  ftruncateSync(file, sizeBytes);
  for (const piece of markedPieces) {
    const mark = Buffer.from(`piece ${piece}`);
    writeSync(file, mark, 0, mark.length, piece * pieceLengthBytes);
    const content = Buffer.alloc(pieceLengthBytes);
    mark.copy(content);
    pieces[piece] = pieceHash(content, pieceLengthBytes);
  }
  closeSync(file);
  return digestOfLayer(sizeBytes, pieceLengthBytes, Buffer.concat(pieces));
}
