import { type Manifest, proveManifest } from '../digest/manifest.ts';
import { usualPieceLength } from '../digest/piece-length.ts';

/**
 * The manifest of a file that has at most one piece: its digest is all of it, and nobody need be asked.
 *
 * @returns undefined when the file has more pieces
 * @throws CardumeError BYTES_MISMATCH when an empty file is said to have another digest than an empty file has
 */
export function manifestInHand(digest: string, sizeBytes: number): Manifest | undefined {
  const pieceLengthBytes = usualPieceLength(sizeBytes);
  if (sizeBytes > pieceLengthBytes) return undefined;
  const pieceHashes = sizeBytes === 0 ? Buffer.alloc(0) : Buffer.from(digest, 'hex');
  const manifest = { digest, sizeBytes, pieceLengthBytes, pieceHashes };
  proveManifest(manifest);
  return manifest;
}
