import { chunkHeaderBytes } from '@cardume/client';
import { maxFreeBytesPerSize, minChunkBytes } from './limits.ts';

/**
 * Buffers for chunks, used again and again: new memory costs the kernel a page fault for every 4 KiB, which is a fifth of
 * what sending them takes.
 *
 * Each has room for what is put before a chunk, and then for a power of two of bytes, 16 KiB to 1 MiB.
 */
export class BufferPool {
  readonly #freeBySize = new Map<number, Buffer[]>();
  #lentBytes = 0;

  /** How many bytes are lent now. */
  get lentBytes(): number {
    return this.#lentBytes;
  }

  /** How many bytes are kept for the next ones. */
  get freeBytes(): number {
    let sum = 0;
    for (const [size, buffers] of this.#freeBySize) sum += size * buffers.length;
    return sum;
  }

  /** Lends a buffer for a chunk of up to so many bytes; what is in it is left from before. */
  lend(chunkBytes: number): Buffer {
    const size = chunkHeaderBytes + Math.max(minChunkBytes, 2 ** Math.ceil(Math.log2(chunkBytes)));
    this.#lentBytes += size;
    return this.#freeBySize.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
  }

  /** Takes a buffer back that nothing reads from or writes to any more. */
  takeBack(buffer: Buffer): void {
    const size = buffer.length;
    this.#lentBytes -= size;
    const free = this.#freeBySize.get(size) ?? [];
    if (free.length * size >= maxFreeBytesPerSize) return;
    free.push(buffer);
    this.#freeBySize.set(size, free);
  }

  /** Gives a buffer up that something may still read from, so that nobody ever writes to it again. */
  giveUp(buffer: Buffer): void {
    this.#lentBytes -= buffer.length;
  }
}
