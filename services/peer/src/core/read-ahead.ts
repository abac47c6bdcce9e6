import { chunkHeaderBytes } from '@cardume/client';
import type { BufferPool } from './buffer-pool.ts';
import type { OpenFile } from './open-file.ts';
import type { ReadRange } from './read-range.ts';

/** What {@link readAhead} works with. */
export interface ReadAheadInit {
  file: Pick<OpenFile, 'read'>;
  range: ReadRange;
  pool: BufferPool;
  /** How long the next chunk may be, in bytes; asked before each read. */
  nextChunkBytes: () => number;
}

/** A chunk that was read; its buffer is the reader's own, to take back or to give up. */
export interface ReadChunk {
  /** The chunk's bytes lie from `chunkHeaderBytes` on. */
  buffer: Buffer;
  lengthBytes: number;
}

/**
 * Reads a range chunk by chunk, the next one while the last one is being used: a reader that uses one at a time holds
 * two buffers.
 *
 * @throws what the file throws, in the place of the chunk that could not be read
 */
export async function* readAhead(init: ReadAheadInit): AsyncGenerator<ReadChunk, void, undefined> {
  const { file, range, pool, nextChunkBytes } = init;
  let position = range.start;
  const begin = () => {
    if (position >= range.end) return undefined;
    const lengthBytes = Math.min(nextChunkBytes(), range.end - position);
    const buffer = pool.lend(lengthBytes);
    const target = buffer.subarray(chunkHeaderBytes, chunkHeaderBytes + lengthBytes);
    // Nobody may be waiting when it fails, so that the failure is kept for when somebody is.
    const failure = file.read(target, position).then(noFailure, (error: unknown) => ({ error }));
    position += lengthBytes;
    return { buffer, lengthBytes, failure };
  };

  let ahead = begin();
  try {
    while (ahead !== undefined) {
      const failure = await ahead.failure;
      if (failure !== undefined) throw failure.error;
      const { buffer, lengthBytes } = ahead;
      ahead = begin();
      yield { buffer, lengthBytes };
    }
  } finally {
    if (ahead !== undefined) {
      // A read that is under way writes to its buffer. Whether it fails is of no interest any more.
      await ahead.failure;
      pool.takeBack(ahead.buffer);
    }
  }
}

function noFailure(): undefined {}
