import { maxChunkBytes } from '@cardume/client';
import { chunkBudgetBytes, fastChunkMs, firstChunkBytes, minChunkBytes, slowChunkMs } from './limits.ts';

/**
 * How long the chunks of one download are: as long as its reader takes quickly, since long ones cost least, and a share
 * of what all downloads may take in memory, since each of them holds two.
 *
 * A reader that is slow gets short ones: a chunk is the least that one can be seen to take, and a download whose reader
 * takes none for a while is ended.
 */
export class ChunkSize {
  #takenBytes = firstChunkBytes;

  /** How long the next chunk may be. @param openDownloads how many downloads are open, this one included */
  next(openDownloads: number): number {
    return Math.min(this.#takenBytes, shareOf(openDownloads));
  }

  /** Tells how long the reader took to take a chunk, in milliseconds. */
  note(durationMs: number): void {
    if (durationMs <= fastChunkMs) this.#takenBytes = Math.min(maxChunkBytes, this.#takenBytes * 4);
    else if (durationMs > slowChunkMs) this.#takenBytes = Math.max(minChunkBytes, this.#takenBytes / 4);
  }
}

/** A power of two, as the buffers are. */
function shareOf(openDownloads: number): number {
  const share = 2 ** Math.floor(Math.log2(chunkBudgetBytes / openDownloads));
  return Math.min(maxChunkBytes, Math.max(minChunkBytes, share));
}
