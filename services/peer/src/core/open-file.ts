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
