import {
  CardumeError,
  hashLengthBytes,
  type Manifest,
  maxPieceLengthBytes,
  usualPieceLength,
  widenManifest,
} from '@cardume/client';
import { manifestHashesPerMessage } from './limits.ts';

/**
 * The piece length of a manifest that was asked for; 0 asks for the usual one.
 *
 * @throws CardumeError INVALID_FIELD for one that is no power of two, or below the file's usual one, or over 1 GiB
 */
export function effectivePieceLength(asked: number, sizeBytes: number): number {
  const usual = usualPieceLength(sizeBytes);
  if (asked === 0) return usual;
  if (asked >= usual && asked <= maxPieceLengthBytes && Number.isInteger(Math.log2(asked))) return asked;
  throw CardumeError.invalidField(
    'piece_length_bytes',
    `must be a power of two from ${usual} to ${maxPieceLengthBytes} for this file, or 0`,
  );
}

/** The manifest of a file of one piece at its usual piece length: the digest is all of it. Undefined: it has more, or none. */
export function manifestOfOnePiece({ digest, sizeBytes }: { digest: string; sizeBytes: number }): Manifest | undefined {
  const pieceLengthBytes = usualPieceLength(sizeBytes);
  if (sizeBytes === 0 || sizeBytes > pieceLengthBytes) return undefined;
  return { digest, sizeBytes, pieceLengthBytes, pieceHashes: Buffer.from(digest, 'hex') };
}

/** A file's manifest at a piece length, in parts that fit into messages; an empty file has one part with no hashes. */
export function* manifestParts(manifest: Manifest, pieceLengthBytes: number): Generator<Uint8Array, void, undefined> {
  const { pieceHashes } = widenManifest(manifest, pieceLengthBytes);
  const partBytes = manifestHashesPerMessage * hashLengthBytes;
  for (let start = 0; start === 0 || start < pieceHashes.length; start += partBytes) {
    yield pieceHashes.subarray(start, start + partBytes);
  }
}
