import { CardumeError, maxFileSizeBytes, usualPieceLength } from '@cardume/client';

const maxPieceCount = maxFileSizeBytes / usualPieceLength(maxFileSizeBytes);

/** @throws CardumeError INVALID_FIELD unless it is undefined or the number of a piece that a file may have */
export function checkPiece(piece: number | undefined): number | undefined {
  if (piece === undefined || (Number.isInteger(piece) && piece >= 0 && piece < maxPieceCount)) return piece;
  throw CardumeError.invalidField('piece', `must be 0 to ${maxPieceCount - 1}`);
}
