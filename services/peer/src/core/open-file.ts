import type { ReadRange } from './read-range.ts';
import type { ShareEntry } from './share-list.ts';

/** A shared file that is open, and is the one that was hashed. */
export interface OpenFile {
  /**
   * Reads a range in order, in chunks that nobody else holds.
   *
   * @throws CardumeError FILE_CHANGED as soon as the file is no longer the one that was hashed: no byte that was
   *   read after a change is ever handed on
   */
  read(range: ReadRange, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined>;
  close(): Promise<void>;
}

/**
 * Opens a shared file.
 *
 * @throws CardumeError FILE_CHANGED when the file on the disk is gone or not the one that was hashed
 */
export type OpenFileOf = (entry: ShareEntry) => Promise<OpenFile>;
