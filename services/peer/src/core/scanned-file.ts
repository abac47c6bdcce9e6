/** A file that a scan found and that may be shared. */
export interface ScannedFile {
  /** Its name within the share: relative, with `/`, in Unicode normal form C. */
  name: string;
  /** Where it is opened: absolute, as it stands on the disk, with no symbolic link at its end. */
  path: string;
  sizeBytes: number;
  /** When its content was last modified, in milliseconds since 1970. */
  modifyTimeMs: number;
  /** When the disk last saw anything of it change, in milliseconds since 1970. */
  changeTimeMs: number;
  /** What the file system says of it: see {@link stampOf}. */
  stamp: string;
  /** Whether its owner may execute it. */
  executable: boolean;
}

/** A file or folder that is not shared. */
export interface SkippedPath {
  /** Absolute, and safe to print. */
  path: string;
  /** Why, in words. */
  problem: string;
}

/** What a scan of all shared paths found. */
export interface ScanResult {
  /** By their names. */
  files: Map<string, ScannedFile>;
  /** What stands before the names in each folder: empty, or with a `/` at its end. */
  folders: Set<string>;
  /** The first ones that are not shared. */
  skipped: SkippedPath[];
  /** How many are not shared, those that are not described included. */
  skippedCount: number;
}
