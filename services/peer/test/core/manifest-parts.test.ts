import { expect, test } from '@jest/globals';
import { manifestParts } from '../../src/core/manifest-parts.ts';

const mib = 1024 * 1024;

test('a long manifest comes in parts of 32,768 hashes, in order and complete', () => {
  const pieceHashes = Buffer.from(Uint8Array.from({ length: 70_000 * 32 }, (_, position) => position % 251));
  const manifest = { digest: 'd'.repeat(64), sizeBytes: 70_000 * mib, pieceLengthBytes: mib, pieceHashes };
  const parts = [...manifestParts(manifest, mib)];
  expect(parts.map(({ length }) => length / 32)).toEqual([32_768, 32_768, 70_000 - 2 * 32_768]);
  expect(Buffer.concat(parts).equals(pieceHashes)).toBe(true);
});

test('the manifest of an empty file is one part with nothing in it', () => {
  const manifest = { digest: 'd'.repeat(64), sizeBytes: 0, pieceLengthBytes: mib, pieceHashes: Buffer.alloc(0) };
  expect([...manifestParts(manifest, 4 * mib)]).toEqual([Buffer.alloc(0)]);
});
