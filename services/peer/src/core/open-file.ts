import type { ShareEntry } from './share-list.ts';

/** A shared file that is open, and is the one that was hashed. */
export interface OpenFile {
  /**
   * Fills a buffer with the file's bytes from a position on.
   *
   * @throws CardumeError FILE_CHANGED when the file is no longer the one that was hashed: when it does not throw, the
   *   bytes are those that were hashed
   */
  read(buffer: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a shared file.
 *
 * @throws CardumeError FILE_CHANGED when the file on the disk is gone or not the one that was hashed; LIMIT_REACHED when
 *   the process or the machine has no descriptor left
 */
export type OpenFileOf = (entry: ShareEntry) => Promise<OpenFile>;
