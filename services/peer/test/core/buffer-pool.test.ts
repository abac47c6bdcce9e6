import { chunkHeaderBytes } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { BufferPool } from '../../src/core/buffer-pool.ts';

const kib = 1024;

describe('a pool of buffers', () => {
  test.each([
    [1, 16 * kib],
    [16 * kib, 16 * kib],
    [16 * kib + 1, 32 * kib],
    [100 * kib, 128 * kib],
    [1024 * kib, 1024 * kib],
  ])('has room for a chunk of %i bytes and its header', (chunkBytes, roomBytes) => {
    expect(new BufferPool().lend(chunkBytes)).toHaveLength(roomBytes + chunkHeaderBytes);
  });

  test('lends what was given back again, and nothing twice at once', () => {
    const pool = new BufferPool();
    const [first, second] = [pool.lend(kib), pool.lend(kib)];
    expect(second).not.toBe(first);
    pool.takeBack(first);
    expect(pool.lend(16 * kib)).toBe(first);
    expect(pool.lend(16 * kib)).not.toBe(first);
  });

  test('never lends again what was given up', () => {
    const pool = new BufferPool();
    const buffer = pool.lend(kib);
    pool.giveUp(buffer);
    expect(pool).toMatchObject({ lentBytes: 0, freeBytes: 0 });
    expect(pool.lend(kib)).not.toBe(buffer);
  });

  test('keeps at most 8 MiB of each size', () => {
    const pool = new BufferPool();
    for (const chunkBytes of [1024 * kib, 64 * kib]) {
      const lent = Array.from({ length: 1_000 }, () => pool.lend(chunkBytes));
      for (const buffer of lent) pool.takeBack(buffer);
    }
    expect(pool.lentBytes).toBe(0);
    const kept = 8 * (1024 * kib + chunkHeaderBytes) + 128 * (64 * kib + chunkHeaderBytes);
    expect(pool.freeBytes).toBe(kept);
  });
});
