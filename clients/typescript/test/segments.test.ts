import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  PieceOfSegments,
  type Segment,
  segmentLengthBytes,
  segmentRoot,
  segmentTreeLength,
} from '../src/core/digest/segment.ts';
import { SegmentAssembler } from '../src/core/download/segment-assembler.ts';
import { DigestBuilder, type Manifest, pieceCount, pieceRange } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';

const mib = 1024 * 1024;
const content = patternBytes(9 * mib + 12_345);

function manifestOf(bytes: Buffer, pieceLengthBytes: number): Manifest {
  const builder = new DigestBuilder(pieceLengthBytes);
  builder.update(bytes);
  return builder.finish();
}

/** What the assembler makes of a range that comes in parts of these lengths, over and over. */
function assembled(manifest: Manifest, bytes: Buffer, start: number, end: number, lengths: readonly number[]) {
  const found: { segment: Segment; bytes: Buffer }[] = [];
  const assembler = new SegmentAssembler(
    manifest,
    { start, end },
    // Used memory, as in a download: what is left of the last segment must not be taken for the next one's.
    () => new Uint8Array(segmentLengthBytes).fill(0xaa).buffer,
    (segment, buffer) => found.push({ segment, bytes: Buffer.from(buffer, 0, segment.lengthBytes) }),
  );
  for (let at = start, turn = 0; at < end; turn++) {
    const part = bytes.subarray(at, Math.min(end, at + (lengths[turn % lengths.length] ?? 1)));
    assembler.push(part);
    at += part.length;
  }
  expect(assembler.done).toBe(true);
  expect(() => assembler.push(Buffer.alloc(1))).toThrow(RangeError);
  return found;
}

test('segments are cut from bytes of any length as they lie in the file, and prove each piece', () => {
  const sizes = fc.oneof(
    fc.constantFrom(1, 16_384, mib - 1, mib, mib + 1, 2 * mib, 4 * mib, content.length),
    fc.integer({ min: 1, max: content.length }),
  );
  const lengths = fc.array(fc.integer({ min: 700, max: 3 * mib }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(sizes, fc.constantFrom(mib, 2 * mib, 4 * mib), lengths, fc.nat(), (size, pieceLength, parts, from) => {
      const bytes = content.subarray(0, size);
      const manifest = manifestOf(bytes, pieceLength);
      const count = pieceCount(size, pieceLength);
      const first = from % count;
      const { start } = pieceRange(first, size, pieceLength);
      const found = assembled(manifest, bytes, start, size, parts);
      expect(Buffer.concat(found.map((each) => each.bytes)).equals(bytes.subarray(start))).toBe(true);
      // Threads finish out of order, so that a piece takes its segments in any.
      for (let piece = first; piece < count; piece++) {
        const ofPiece = found.filter(({ segment }) => segment.piece === piece).toReversed();
        const roots = ofPiece.map((each) => segmentRoot(each.bytes, segmentTreeLength(manifest)));
        const gathering = new PieceOfSegments(piece, manifest);
        expect(ofPiece.map(({ segment }, at) => gathering.add(segment, roots[at] ?? Buffer.alloc(0)))).toEqual(
          ofPiece.map((_, at) => at === ofPiece.length - 1),
        );
        expect(gathering.isRight).toBe(true);
      }
    }),
    { numRuns: 30 },
  );
});

test('a piece with one wrong byte is not right, wherever it is', () => {
  fc.assert(
    fc.property(fc.nat({ max: content.length - 1 }), fc.constantFrom(mib, 4 * mib), (at, pieceLength) => {
      const manifest = manifestOf(content, pieceLength);
      const wrong = Buffer.from(content);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      const piece = Math.floor(at / pieceLength);
      const { start, end } = pieceRange(piece, content.length, pieceLength);
      const gathering = new PieceOfSegments(piece, manifest);
      for (const { segment, bytes } of assembled(manifest, wrong, start, end, [mib])) {
        gathering.add(segment, segmentRoot(bytes, segmentTreeLength(manifest)));
      }
      expect(gathering.isRight).toBe(false);
    }),
    { numRuns: 20 },
  );
});
