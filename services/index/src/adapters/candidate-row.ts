import type { Candidate } from '../core/catalog.ts';

/** A file with its name, as both engines read it: the columns of their `candidateColumns`. */
export interface CandidateRow {
  file_key: number;
  name: string;
  folded: string;
  size_bytes: number;
  digest: string;
  whole_count: number;
  /** -1: it is a file. */
  folder_file_count: number;
  folder_size_bytes: number;
}

export function candidateOf(row: CandidateRow): Candidate {
  return {
    fileKey: row.file_key,
    name: row.name,
    foldedName: row.folded,
    sizeBytes: row.size_bytes,
    digest: row.digest,
    wholeHolderCount: row.whole_count,
    folder:
      row.folder_file_count === -1
        ? undefined
        : { fileCount: row.folder_file_count, totalSizeBytes: row.folder_size_bytes },
  };
}
