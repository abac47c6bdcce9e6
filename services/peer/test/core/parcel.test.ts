import { chunkHeaderBytes, frameMessage, maxChunkBytes } from '@cardume/client';
import { DownloadFilesResponse } from '@cardume/proto/transfer/v1';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maxFilesPerParcel } from '../../src/core/limits.ts';
import { frameIn, planParcels } from '../../src/core/parcel.ts';

const descriptions = fc.uint8Array({ minLength: 4, maxLength: 1_200 }).map((bytes) => frameMessage(bytes));
const sizes = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, maxChunkBytes, maxChunkBytes + 1),
  fc.integer({ min: 0, max: 400_000 }),
);
const rooms = fc.constantFrom(1, 16 * 1024, 128 * 1024, maxChunkBytes);
const files = fc.array(fc.record({ description: descriptions, sizeBytes: sizes }), { maxLength: 150 });

test('parcels hold the files in their order, each in its own place, and no more than a buffer has room for', () => {
  fc.assert(
    fc.property(files, rooms, (given, roomBytes) => {
      const plans = [...planParcels(given, () => roomBytes)];
      expect(plans.flatMap((plan) => plan.files.map(({ file }) => file))).toEqual(given);
      for (const plan of plans) {
        expect(plan.files.length).toBeGreaterThan(0);
        expect(plan.files.length).toBeLessThanOrEqual(maxFilesPerParcel);
        for (const [index, { place }] of plan.files.entries()) {
          expect(place.start).toBe(plan.files[index - 1]?.place.end ?? chunkHeaderBytes);
        }
        const end = plan.files.at(-1)?.place.end ?? 0;
        // One that is too long for any parcel is alone.
        if (end > chunkHeaderBytes + roomBytes) expect([plan.fits, plan.files.length]).toEqual([false, 1]);
        else expect(plan.fits).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});

test('a parcel is the messages that the generated code makes', () => {
  const small = fc.array(fc.record({ description: descriptions, sizeBytes: fc.integer({ min: 0, max: 40_000 }) }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(small, (given) => {
      const buffer = Buffer.alloc(chunkHeaderBytes + maxChunkBytes, 0xaa);
      for (const { files: planned } of planParcels(given, () => maxChunkBytes)) {
        const expected: Buffer[] = [];
        for (const [index, { file, place }] of planned.entries()) {
          const bytes = buffer.subarray(place.contentStart, place.end).fill(index + 1);
          expected.push(file.description);
          if (bytes.length === 0) continue;
          const payload = { $case: 'chunk' as const, value: Buffer.from(bytes) };
          expected.push(frameMessage(DownloadFilesResponse.encode({ payload }).finish()));
        }
        for (const { file, place } of planned) frameIn(buffer, place, file);
        const made = buffer.subarray(planned[0]?.place.start, planned.at(-1)?.place.end);
        expect(made.equals(Buffer.concat(expected))).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});
