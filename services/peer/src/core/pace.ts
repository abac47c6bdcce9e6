/** Of which stream a chunk is. */
export interface PacedStream {
  /** Who gets it: a member of the network, else an address. */
  caller: string;
  /** Whether it is a small request: see `isSmallRequest`. */
  isSmall: boolean;
}

/** How fast the bytes of all downloads together may leave. */
export interface Pace {
  /** How long a chunk may be, in bytes, so that each of so many open downloads has its turn often enough. */
  maxChunkBytes(openDownloads: number): number;
  /**
   * Waits until a chunk may leave.
   *
   * @throws the signal's reason, also while waiting: the chunk does not count then
   */
  waitForTurn(chunkBytes: number, stream: PacedStream, signal: AbortSignal): Promise<void>;
}
