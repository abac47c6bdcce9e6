import { chunkHeaderBytes } from '@cardume/client';
import { describe, expect, test } from '@jest/globals';
import { BufferPool } from '../../src/core/buffer-pool.ts';
import { type ReadChunk, readAhead } from '../../src/core/read-ahead.ts';

const content = Buffer.from(Uint8Array.from({ length: 100 }, (_, position) => position));

/** A file in memory that tells which positions were read. */
function memoryFile(failAt = Number.POSITIVE_INFINITY) {
  const reads: number[] = [];
  return {
    reads,
    async read(buffer: Uint8Array, position: number): Promise<void> {
      reads.push(position);
      await Promise.resolve();
      if (position >= failAt) throw new Error(`failed at ${position}`);
      buffer.set(content.subarray(position, position + buffer.length));
    },
  };
}

function bytesOf({ buffer, lengthBytes }: ReadChunk): number[] {
  return [...buffer.subarray(chunkHeaderBytes, chunkHeaderBytes + lengthBytes)];
}

describe('reading ahead', () => {
  test('gives a range in chunks, the last one shorter', async () => {
    const pool = new BufferPool();
    const range = { start: 5, end: 100 };
    const parts: number[][] = [];
    for await (const chunk of readAhead({ file: memoryFile(), range, pool, nextChunkBytes: () => 30 })) {
      parts.push(bytesOf(chunk));
      pool.takeBack(chunk.buffer);
    }
    expect(parts.map(({ length }) => length)).toEqual([30, 30, 30, 5]);
    expect(parts.flat()).toEqual([...content.subarray(5)]);
    expect(pool.lentBytes).toBe(0);
  });

  test('reads the next chunk while one is used, no more, and never into the same buffer', async () => {
    const pool = new BufferPool();
    const file = memoryFile();
    const range = { start: 0, end: 100 };
    let used = 0;
    for await (const { buffer } of readAhead({ file, range, pool, nextChunkBytes: () => 10 })) {
      used += 1;
      const before = Buffer.from(buffer);
      await new Promise(setImmediate);
      expect(file.reads).toHaveLength(Math.min(10, used + 1));
      expect(buffer.equals(before)).toBe(true);
      expect(pool.lentBytes).toBe(buffer.length * Math.min(2, 11 - used));
      pool.takeBack(buffer);
    }
    expect(used).toBe(10);
  });

  test('fails in the place of the chunk that cannot be read, and lends nothing any more', async () => {
    const pool = new BufferPool();
    const parts: number[] = [];
    const init = { file: memoryFile(60), range: { start: 0, end: 100 }, pool, nextChunkBytes: () => 20 };
    const reading = async (): Promise<void> => {
      for await (const chunk of readAhead(init)) {
        // The read that fails has failed long before it is its turn.
        await new Promise(setImmediate);
        parts.push(...bytesOf(chunk));
        pool.takeBack(chunk.buffer);
      }
    };
    await expect(reading()).rejects.toThrow('failed at 60');
    expect(parts).toEqual([...content.subarray(0, 60)]);
    expect(pool.lentBytes).toBe(0);
  });

  test('that is left early ends the read that is under way first', async () => {
    const pool = new BufferPool();
    const readable = Promise.withResolvers<void>();
    let ended = 0;
    const file = {
      async read(): Promise<void> {
        if (ended > 0) await readable.promise;
        ended += 1;
      },
    };
    const chunks = readAhead({ file, range: { start: 0, end: 100 }, pool, nextChunkBytes: () => 10 });
    const first = await chunks.next();
    if (first.done !== true) pool.takeBack(first.value.buffer);
    const left = chunks.return();
    await new Promise(setImmediate);
    expect(pool.lentBytes).toBeGreaterThan(0);
    readable.resolve();
    await left;
    expect({ ended, lentBytes: pool.lentBytes }).toEqual({ ended: 2, lentBytes: 0 });
  });

  test('of an empty range reads nothing', async () => {
    const file = memoryFile();
    const chunks = readAhead({
      file,
      range: { start: 7, end: 7 },
      pool: new BufferPool(),
      nextChunkBytes: () => 10,
    });
    expect((await chunks.next()).done).toBe(true);
    expect(file.reads).toEqual([]);
  });
});
