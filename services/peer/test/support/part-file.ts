import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { hashLengthBytes, pieceCount, usualPieceLength } from '@cardume/client';
import { manifestOf } from './start-test-peer.ts';

/** A file that a test downloads, in its own way: the pieces come when the test says so. */
export interface TestPart {
  /** Where its pieces are written to. */
  path: string;
  content: Buffer;
  digest: string;
  sizeBytes: number;
  pieceCount: number;
  /** What `sharePartial` is given. */
  init: { digest: string; sizeBytes: number; name: string; path: string; manifest: ReturnType<typeof manifestOf> };
  /** Writes pieces to their places. */
  write(...pieces: number[]): void;
  /** A piece's bytes. */
  piece(piece: number): Buffer;
}

/** Makes a part as a download does: as long as it will be, and with nothing in it. */
export function makePart(path: string, name: string, sizeBytes: number): TestPart {
  const content = randomFillSync(Buffer.alloc(sizeBytes));
  const manifest = manifestOf(content);
  const pieceLength = usualPieceLength(sizeBytes);
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  const piece = (number: number): Buffer => content.subarray(number * pieceLength, (number + 1) * pieceLength);
  return {
    path,
    content,
    digest: manifest.digest,
    sizeBytes,
    pieceCount: pieceCount(sizeBytes, pieceLength),
    init: { digest: manifest.digest, sizeBytes, name, path, manifest },
    piece,
    write(...pieces) {
      const descriptor = openSync(path, 'r+');
      for (const number of pieces) writeSync(descriptor, piece(number), 0, piece(number).length, number * pieceLength);
      closeSync(descriptor);
    },
  };
}

/** A part that nobody reads from: it has no content, and its digest is made up. */
export function makeHollowPart(path: string, sizeBytes: number): Omit<TestPart, 'content' | 'piece' | 'write'> {
  const pieceLengthBytes = usualPieceLength(sizeBytes);
  const count = pieceCount(sizeBytes, pieceLengthBytes);
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  const digest = randomFillSync(Buffer.alloc(32)).toString('hex');
  const manifest = { digest, sizeBytes, pieceLengthBytes, pieceHashes: Buffer.alloc(count * hashLengthBytes) };
  return {
    path,
    digest,
    sizeBytes,
    pieceCount: count,
    init: { digest, sizeBytes, name: 'hollow.bin', path, manifest },
  };
}
