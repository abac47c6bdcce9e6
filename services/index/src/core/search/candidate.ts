import type { FolderSummary } from '@cardume/client';

/** A file or folder that may answer a query: one name with one content. */
export interface Candidate {
  fileKey: number;
  name: string;
  foldedName: string;
  sizeBytes: number;
  digest: string;
  /**
   * How many peers list it whole. A peer that just left may still be counted while its list is being cleared, so this
   * ranks, and `FileHolders.wholeHolderCount` is what callers are told.
   */
  wholeHolderCount: number;
  /** What is in it, when it is a folder. */
  folder: FolderSummary | undefined;
}
