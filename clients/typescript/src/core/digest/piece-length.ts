/** The unit of BEP 52's hash tree in bytes. */
export const blockSizeBytes = 16 * 1024;
/** The smallest usual piece, and the longest chunk of a download. */
export const minPieceLengthBytes = 1024 * 1024;
/** The largest usual piece: a holder that fails, or lies, costs as much to fetch again. */
export const maxUsualPieceLengthBytes = 16 * 1024 * 1024;
/** The largest piece length that a holder gives a manifest for. */
export const maxPieceLengthBytes = 1024 * 1024 * 1024;
/** The largest file: 16 TiB, as in ext4. It bounds what a manifest may take in memory (32 MiB). */
export const maxFileSizeBytes = 2 ** 44;

const usualPieceCount = 8192;

/**
 * The piece length that holders keep a manifest at, by the file's size in bytes: 1 MiB up to 8 GiB, then the
 * smallest power of two that gives at most 8,192 pieces, but never over 16 MiB.
 */
export function usualPieceLength(sizeBytes: number): number {
  let pieceLengthBytes = minPieceLengthBytes;
  while (pieceLengthBytes < maxUsualPieceLengthBytes && sizeBytes > pieceLengthBytes * usualPieceCount) {
    pieceLengthBytes *= 2;
  }
  return pieceLengthBytes;
}

/** How many pieces a file has. An empty file has none. */
export function pieceCount(sizeBytes: number, pieceLengthBytes: number): number {
  return Math.ceil(sizeBytes / pieceLengthBytes);
}

/** Where a piece begins and ends in its file, in bytes. */
export function pieceRange(piece: number, sizeBytes: number, pieceLengthBytes: number): { start: number; end: number } {
  const start = piece * pieceLengthBytes;
  return { start, end: Math.min(start + pieceLengthBytes, sizeBytes) };
}
