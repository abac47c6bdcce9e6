import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { digestOfLayer, LayerBuilder } from '../src/digest.ts';
import {
  DigestBuilder,
  emptyFileDigest,
  hashLengthBytes,
  type Manifest,
  pieceCount,
  pieceHash,
  pieceRange,
  pieceTreeLength,
  proveManifest,
  usualPieceLength,
  widenManifest,
} from '../src/index.ts';
import { patternBytes, vectorBytes } from './support/pattern.ts';

const blockBytes = 16 * 1024;

function digestOf(content: Uint8Array, pieceLengthBytes: number, updateBytes = content.length): Manifest {
  const builder = new DigestBuilder(pieceLengthBytes);
  for (let at = 0; at < content.length; at += updateBytes) builder.update(content.subarray(at, at + updateBytes));
  return builder.finish();
}

/** BEP 52 once more, as plainly as it can be said: pad the leaves to a power of two, then pair up to the root. */
function referenceRoot(content: Buffer): string {
  if (content.length === 0) return hash('sha256', '', 'hex');
  let layer: Buffer[] = [];
  for (let at = 0; at < content.length; at += blockBytes) {
    layer.push(hash('sha256', content.subarray(at, at + blockBytes), 'buffer'));
  }
  while (!Number.isInteger(Math.log2(layer.length))) layer.push(Buffer.alloc(32));
  while (layer.length > 1) {
    const next: Buffer[] = [];
    for (let pair = 0; pair < layer.length; pair += 2) {
      next.push(hash('sha256', Buffer.concat(layer.slice(pair, pair + 2)), 'buffer'));
    }
    layer = next;
  }
  return Buffer.concat(layer).toString('hex');
}

describe('the digest is the pieces root of BEP 52', () => {
  test.each([
    ['64 KiB of zeros', Buffer.alloc(65_536), '60aae9c7b428f87e0713e88229e18f0adf12cd7b22a0dd8a92bb2485eb7af242'],
    ['1 MiB of zeros', Buffer.alloc(1_048_576), '515ea9181744b817744ded9d2e8e9dc6a8450c0b0c52e24b5077f302ffbd9008'],
    ['1 byte', vectorBytes(1), '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    ['one block less a byte', vectorBytes(16_383), 'e08c7d58e58b9318263144a618d6f2b6f6825974decd9e6f9371567354b6f566'],
    ['one block', vectorBytes(16_384), '4348e3b98e8a327b34ced39c1da9e67cdb4cd5e48e4d7960607a3ae403d35f0c'],
    ['one block and a byte', vectorBytes(16_385), '9d7887c65d577a0237fb3c0998b87b3a62762d03796889a2caea01db914ccbb8'],
    ['three blocks', vectorBytes(49_152), 'c23d35ec942288a7d9b58d1d0446a76104660b7c72e5cf39f38bddb028ff8ca0'],
    ['262,145 bytes', vectorBytes(262_145), 'd6f39dae7db99e68cc1fd1541d0b1d18494351053ab3ab19f7fcd0c442ed6b00'],
    ['1 MiB and a byte', vectorBytes(1_048_577), 'c764e3ed4ebac5f61ce59e1c78b804a6b9c02350917800126926d903f8d3dc27'],
  ])('of %s, at every piece length', (_name, content, expected) => {
    for (const pieceLengthBytes of [blockBytes, 4 * blockBytes, 1_048_576, 4_194_304]) {
      expect(digestOf(content, pieceLengthBytes, 10_007).digest).toBe(expected);
    }
  });

  test('of an empty file is SHA-256 of nothing', () => {
    expect(digestOf(Buffer.alloc(0), 1_048_576).digest).toBe(emptyFileDigest);
    expect(emptyFileDigest).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  test('however the bytes come, at any size and piece length, and as a second implementation has it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 * blockBytes }),
        fc.integer({ min: 1, max: 3 * blockBytes }),
        fc.integer({ min: 0, max: 4 }),
        (sizeBytes, updateBytes, log) => {
          const content = patternBytes(sizeBytes, sizeBytes + 1);
          const manifest = digestOf(content, blockBytes * 2 ** log, updateBytes);
          expect(manifest.digest).toBe(referenceRoot(content));
          expect(manifest.sizeBytes).toBe(sizeBytes);
          proveManifest(manifest);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a layer', () => {
  test("of a range of pieces is that part of the whole file's, however its bytes come", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2 * blockBytes + 1, max: 40 * blockBytes }),
        fc.integer({ min: 0, max: 1 }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 3 * blockBytes }),
        (sizeBytes, log, first, count, updateBytes) => {
          const pieceLengthBytes = blockBytes * 2 ** log;
          const content = patternBytes(sizeBytes, sizeBytes + 1);
          const { pieceHashes } = digestOf(content, pieceLengthBytes);
          const pieces = pieceHashes.length / hashLengthBytes;
          const firstPiece = first % pieces;
          const endPiece = firstPiece + 1 + (count % (pieces - firstPiece));
          const range = content.subarray(firstPiece * pieceLengthBytes, endPiece * pieceLengthBytes);
          const builder = new LayerBuilder(pieceLengthBytes);
          for (let at = 0; at < range.length; at += updateBytes) builder.update(range.subarray(at, at + updateBytes));
          const expected = pieceHashes.subarray(firstPiece * hashLengthBytes, endPiece * hashLengthBytes);
          expect(builder.finish(false).equals(expected)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each([1, 2, 3, 1_023, 1_024, 1_025, 2_048, 2_049, 5_000])('of %d hashes leads to the root', (count) => {
    const layer = patternBytes(count * hashLengthBytes);
    let nodes = Array.from({ length: count }, (_, at) => layer.subarray(at * 32, at * 32 + 32));
    // At a piece length of one block, missing hashes are zeros.
    while (!Number.isInteger(Math.log2(nodes.length))) nodes.push(Buffer.alloc(hashLengthBytes));
    while (nodes.length > 1) {
      nodes = Array.from({ length: nodes.length / 2 }, (_, at) =>
        hash('sha256', Buffer.concat(nodes.slice(2 * at, 2 * at + 2)), 'buffer'),
      );
    }
    const sizeBytes = count * blockBytes;
    expect(digestOfLayer(sizeBytes, blockBytes, layer)).toBe(nodes[0]?.toString('hex'));
  });
});

describe('a manifest', () => {
  test.each([1, blockBytes, 1_048_575, 1_048_576, 1_048_577, 5_000_000])(
    'of %d bytes has the hash of each piece',
    (sizeBytes) => {
      const content = patternBytes(sizeBytes);
      const manifest = digestOf(content, 1_048_576);
      for (let piece = 0; piece < pieceCount(sizeBytes, 1_048_576); piece++) {
        const { start, end } = pieceRange(piece, sizeBytes, 1_048_576);
        const expected = manifest.pieceHashes.subarray(piece * 32, piece * 32 + 32);
        expect(pieceHash(content.subarray(start, end), pieceTreeLength(sizeBytes, 1_048_576))).toEqual(
          Buffer.from(expected),
        );
      }
    },
  );

  test('at a larger piece length is the one that hashing at that length makes', () => {
    const content = patternBytes(5_000_000);
    const fine = digestOf(content, blockBytes);
    for (const factor of [1, 2, 64, 256, 1024]) {
      expect(widenManifest(fine, blockBytes * factor)).toEqual(digestOf(content, blockBytes * factor));
    }
  });

  test('with any bit changed, a hash too few or too many, or of another size is refused', async () => {
    const manifest = digestOf(patternBytes(3_000_000), 1_048_576);
    const refused = async (change: Partial<Manifest>): Promise<void> => {
      const failure = await failureOf(() => proveManifest({ ...manifest, ...change }));
      expect(failure).toMatchObject({ reason: 'BYTES_MISMATCH', code: 'DATA_LOSS' });
    };
    for (let at = 0; at < manifest.pieceHashes.length; at++) {
      const pieceHashes = Buffer.from(manifest.pieceHashes);
      pieceHashes[at] = (pieceHashes[at] ?? 0) ^ 1;
      await refused({ pieceHashes });
    }
    await refused({ pieceHashes: manifest.pieceHashes.subarray(0, 64) });
    await refused({ pieceHashes: Buffer.concat([manifest.pieceHashes, Buffer.alloc(32)]) });
    await refused({ pieceHashes: manifest.pieceHashes.subarray(0, 95) });
    await refused({ sizeBytes: 3_145_729 });
    await refused({ sizeBytes: 2_000_000 });
  });
});

test('the usual piece length grows with the file and stays within its bounds', () => {
  const gib = 1024 ** 3;
  expect(usualPieceLength(0)).toBe(1_048_576);
  expect(usualPieceLength(8 * gib)).toBe(1_048_576);
  expect(usualPieceLength(8 * gib + 1)).toBe(2_097_152);
  expect(usualPieceLength(128 * gib)).toBe(16_777_216);
  expect(usualPieceLength(2 ** 44)).toBe(16_777_216);
});
