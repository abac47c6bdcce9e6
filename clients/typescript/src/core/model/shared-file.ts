/** What a folder has in it: the sum of its manifest. */
export interface FolderSummary {
  /** How many files there are in it and its folders. */
  fileCount: number;
  /** The sum of their sizes in bytes. */
  totalSizeBytes: number;
}

/** A file that a peer shares; or a folder, whose size and digest are those of its manifest. */
export interface SharedFile {
  /** The name within the share: relative, with `/` between folders, in Unicode normal form C. */
  name: string;
  sizeBytes: number;
  /** 64 lower-case hex digits: the BitTorrent v2 pieces root (BEP 52). */
  digest: string;
  /** When the content was last modified, as the holder's file system says; undefined when unknown. */
  modifyTime: Date | undefined;
  /** What is in a folder, as its holder says; undefined: it is a file. */
  folder?: FolderSummary | undefined;
}

/** An entry of a peer's list. */
export interface ListedFile extends SharedFile {
  /** Whether the peer has only some pieces of it yet. Default: false. */
  partial?: boolean;
}
