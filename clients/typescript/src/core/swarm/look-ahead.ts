/** How far pieces are asked for in sequential order, in bytes: from the first one on that is missing, or not read. */
export const lookAheadBytes = 64 * 1024 * 1024;
/** Also where pieces are large, several sources are to have work. */
export const minLookAheadPieces = 8;
// One piece after the other that was read would be as many requests, each for the one that has room then.
const stepPart = 1 / 8;

/** How many pieces that is. */
export function lookAheadPieces(pieceLengthBytes: number): number {
  return Math.max(minLookAheadPieces, Math.floor(lookAheadBytes / pieceLengthBytes));
}

/**
 * Before which piece those end that may be asked for when there is room for so many from one of them on. It moves in steps, of
 * an eighth of the room.
 */
export function endOfRoom(firstKept: number, roomPieces: number): number {
  const step = Math.max(1, Math.floor(roomPieces * stepPart));
  return Math.floor((firstKept + roomPieces) / step) * step;
}
