/** A live peer, as the index lists it. */
export interface PeerInfo {
  peerId: string;
  host: string;
  port: number;
  shareName: string;
  fileCount: number;
  totalSizeBytes: number;
  joinTime: Date | undefined;
  /** How long ago it last renewed its lease. */
  renewalAgeMs: number;
  /** Whether the index reached it when it last dialled it back. */
  reachable: boolean;
}

/** Totals over the live peers of an index. */
export interface IndexStats {
  peerCount: number;
  /** How many different pairs of name and content they list. */
  fileCount: number;
  /** How many entries their lists have together. */
  holdingCount: number;
  /** The sizes of the different files, each counted once. */
  totalSizeBytes: number;
  leaseTtlMs: number;
  /** Since when the index process runs. */
  startTime: Date | undefined;
}
