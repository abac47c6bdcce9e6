/** A live peer, as the index lists it. */
export interface PeerInfo {
  peerId: string;
  host: string;
  port: number;
  shareName: string;
  /** What it calls itself besides. */
  tags: string[];
  /** Whether it takes some of what others offer. */
  takesOffers: boolean;
  fileCount: number;
  /** How many folders it lists, each of which can be fetched as one thing. */
  folderCount: number;
  totalSizeBytes: number;
  joinTime: Date | undefined;
  /** How long ago it last renewed its lease. */
  renewalAgeMs: number;
  /** Whether the index reached it when it last dialled it back. */
  reachable: boolean;
  /** How many callers reported within the last hour that it served wrong bytes; 100 at the most. */
  reportCount: number;
  /** Whether it shows itself to some users only, of whom the caller is one. */
  restricted: boolean;
}

/** A peer that served bytes, or a manifest, that do not match a digest. */
export interface HolderReport {
  /** The peer's id. */
  peerId: string;
  /** The digest of the file that was asked for. */
  digest: string;
  /** The number of the piece that did not match, at the file's usual piece length. Default: it was the manifest. */
  piece?: number | undefined;
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
