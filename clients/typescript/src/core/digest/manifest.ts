import { hash } from 'node:crypto';
import { CardumeError } from '../../errors/cardume-error.ts';
import { hashLengthBytes, powerOfTwoAtLeast, reduceLayer } from './merkle-tree.ts';
import { blockSizeBytes, pieceCount } from './piece-length.ts';

/** The Merkle layer of a file at a piece length: one hash per piece. It proves itself against the file's digest. */
export interface Manifest {
  /** The file's digest, 64 lower-case hex digits. */
  digest: string;
  sizeBytes: number;
  /** A power of two, at least 16 KiB. */
  pieceLengthBytes: number;
  /** The hashes of all pieces in order, 32 bytes each; empty for an empty file. */
  pieceHashes: Buffer;
}

/** The digest of an empty file: SHA-256 of nothing. BEP 52 gives such a file no root at all. */
export const emptyFileDigest = hash('sha256', '', 'hex');

const log2 = Math.log2;

/** The digest that a layer of piece hashes has, 64 lower-case hex digits. */
export function digestOfLayer(sizeBytes: number, pieceLengthBytes: number, pieceHashes: Uint8Array): string {
  const count = pieceHashes.length / hashLengthBytes;
  if (count === 0) return emptyFileDigest;
  const layer = Buffer.from(pieceHashes);
  if (sizeBytes <= pieceLengthBytes) return layer.toString('hex');
  return reduceLayer(layer, log2(pieceLengthBytes / blockSizeBytes), powerOfTwoAtLeast(count)).toString('hex');
}

/**
 * Checks that a manifest from outside belongs to its digest.
 *
 * What it proves is the piece hashes. The size is proven only as far as its number of pieces; its last bytes are
 * proven when the last piece is verified, since a piece of another length has another hash.
 *
 * @throws CardumeError BYTES_MISMATCH
 */
export function proveManifest(manifest: Manifest): void {
  const { digest, sizeBytes, pieceLengthBytes, pieceHashes } = manifest;
  const expectedBytes = pieceCount(sizeBytes, pieceLengthBytes) * hashLengthBytes;
  if (pieceHashes.length !== expectedBytes || digestOfLayer(sizeBytes, pieceLengthBytes, pieceHashes) !== digest) {
    throw new CardumeError('BYTES_MISMATCH', `the manifest does not match the digest ${digest}`, {
      metadata: { digest },
    });
  }
}

/**
 * The same file's manifest at a larger piece length.
 *
 * @param pieceLengthBytes a power of two, not less than the manifest's own
 */
export function widenManifest(manifest: Manifest, pieceLengthBytes: number): Manifest {
  const { digest, sizeBytes, pieceHashes } = manifest;
  if (pieceLengthBytes === manifest.pieceLengthBytes || sizeBytes === 0) return { ...manifest, pieceLengthBytes };
  if (sizeBytes <= pieceLengthBytes) {
    return { digest, sizeBytes, pieceLengthBytes, pieceHashes: Buffer.from(digest, 'hex') };
  }
  const perPiece = pieceLengthBytes / manifest.pieceLengthBytes;
  const height = log2(manifest.pieceLengthBytes / blockSizeBytes);
  const wider: Buffer[] = [];
  for (let start = 0; start < pieceHashes.length; start += perPiece * hashLengthBytes) {
    const part = Buffer.from(pieceHashes.subarray(start, start + perPiece * hashLengthBytes));
    wider.push(reduceLayer(part, height, perPiece));
  }
  return { digest, sizeBytes, pieceLengthBytes, pieceHashes: Buffer.concat(wider) };
}
