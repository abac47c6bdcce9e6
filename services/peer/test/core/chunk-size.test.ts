import { describe, expect, test } from '@jest/globals';
import { ChunkSize } from '../../src/core/chunk-size.ts';

const kib = 1024;

/** A size whose reader has taken some chunks at once. */
function ofFastReader(): ChunkSize {
  const size = new ChunkSize();
  for (let chunk = 0; chunk < 5; chunk++) size.note(1);
  return size;
}

describe('the size of chunks', () => {
  test('begins at 128 KiB and grows to 1 MiB with a reader that takes them at once', () => {
    const size = new ChunkSize();
    const sizes = [1, 2, 3, 4].map(() => {
      const bytes = size.next(1);
      size.note(1);
      return bytes / kib;
    });
    expect(sizes).toEqual([128, 512, 1024, 1024]);
  });

  test('stays when a reader takes a second, and shrinks to 16 KiB when it takes longer', () => {
    const size = new ChunkSize();
    size.note(1_000);
    expect(size.next(1)).toBe(128 * kib);
    for (const expected of [32, 16, 16]) {
      size.note(5_000);
      expect(size.next(1)).toBe(expected * kib);
    }
  });

  test.each([
    [1, 1024],
    [16, 1024],
    [17, 512],
    [64, 256],
    [256, 64],
    [1_000, 16],
    [10_000, 16],
  ])('with %i downloads open is %i KiB at the most', (openDownloads, expected) => {
    expect(ofFastReader().next(openDownloads)).toBe(expected * kib);
  });

  test('keeps all downloads together within 160 MiB, each with two chunks, however they came', () => {
    let bytes = 0;
    for (let open = 1; open <= 2_048; open++) bytes += 2 * ofFastReader().next(open);
    expect(bytes).toBeLessThanOrEqual(160 * kib * kib);
  });
});
