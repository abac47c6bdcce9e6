/** A live peer that holds a file. */
export interface FileHolder {
  peerId: string;
  host: string;
  port: number;
  renewMs: number;
  reachable: boolean;
  /** How many callers report it, at most `maxReportsPerPeer`. */
  reportCount: number;
  partial: boolean;
  /** Whether it shows itself to some users only. */
  restricted: boolean;
}

/** Who holds a file. */
export interface FileHolders {
  /**
   * The best of them: those that fewer report first, then whole before partial, reachable before others, then the most
   * recently renewed.
   */
  holders: FileHolder[];
  /** How many live peers hold it whole. */
  wholeHolderCount: number;
  /** The latest modification that a live holder reports. */
  modifyMs: number | undefined;
}
