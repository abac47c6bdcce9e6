import { randomBytes } from 'node:crypto';
import { hashLengthBytes, pieceCount, usualPieceLength } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PieceRange } from '../../src/core/hash-task.ts';
import { LargeFile } from '../../src/core/large-file.ts';
import { largeFileBytes } from '../../src/core/limits.ts';

const gib = 1024 ** 3;

function fileOf(sizeBytes: number) {
  return { name: 'file', path: '/file', sizeBytes, modifyTimeMs: 0, changeTimeMs: 0, stamp: 's', executable: false };
}

function hashesOf(sizeBytes: number): Buffer {
  return randomBytes(pieceCount(sizeBytes, usualPieceLength(sizeBytes)) * hashLengthBytes);
}

function takeAll(large: LargeFile): PieceRange[] {
  const ranges: PieceRange[] = [];
  for (let range = large.takeRange(); range !== undefined; range = large.takeRange()) ranges.push(range);
  return ranges;
}

function part(hashes: Buffer, { firstPiece, endPiece }: PieceRange): Buffer {
  return hashes.subarray(firstPiece * hashLengthBytes, endPiece * hashLengthBytes);
}

describe('a large file', () => {
  test.each([largeFileBytes + 1, gib, 9 * gib + 5, 200 * gib + 1])('of %d bytes is hashed in ranges', (sizeBytes) => {
    const pieceLengthBytes = usualPieceLength(sizeBytes);
    const ranges = takeAll(new LargeFile(fileOf(sizeBytes), Buffer.alloc(0)));
    let next = 0;
    for (const { firstPiece, endPiece } of ranges) {
      expect(firstPiece).toBe(next);
      expect((endPiece - firstPiece) * pieceLengthBytes).toBeLessThanOrEqual(largeFileBytes);
      next = endPiece;
    }
    expect(next).toBe(pieceCount(sizeBytes, pieceLengthBytes));
  });

  test('has all hashes in their places, in whatever order they come, and goes on from what was kept at any moment', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: largeFileBytes + 1, max: 2 * gib }),
        fc.infiniteStream(fc.nat()),
        fc.nat(),
        (sizeBytes, numbers, moment) => {
          const hashes = hashesOf(sizeBytes);
          const first = new LargeFile(fileOf(sizeBytes), Buffer.alloc(0));
          const running = takeAll(first);
          const kept: Buffer[] = [];
          for (let ended = 0; ended < moment % running.length; ended++) {
            const [range] = running.splice((numbers.next().value ?? 0) % running.length, 1);
            if (range !== undefined) first.put(range, part(hashes, range));
            const unkept = first.takeUnkept();
            if (unkept === undefined) continue;
            expect(unkept.firstPiece * hashLengthBytes).toBe(Buffer.concat(kept).length);
            kept.push(Buffer.from(unkept.pieceHashes));
          }
          expect(first.complete).toBe(false);

          const beginning = Buffer.concat(kept);
          expect(beginning.equals(hashes.subarray(0, beginning.length))).toBe(true);
          const second = new LargeFile(fileOf(sizeBytes), beginning);
          expect(second.resumedBytes).toBe((beginning.length / hashLengthBytes) * second.pieceLengthBytes);
          for (const range of takeAll(second).reverse()) second.put(range, part(hashes, range));
          expect(second.complete).toBe(true);
          expect(second.pieceHashes.equals(hashes)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('of which every piece was kept has nothing left to hash', () => {
    const large = new LargeFile(fileOf(gib + 1), hashesOf(gib + 1));
    expect(large.complete).toBe(true);
    expect(large.resumedBytes).toBe(gib + 1);
    expect(large.takeRange()).toBeUndefined();
    expect(large.takeUnkept()).toBeUndefined();
  });
});
