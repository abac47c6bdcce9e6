import type { Candidate } from '../../core/catalog.ts';

/** A row of {@link candidateColumns}. */
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

/** What is read of a file `f` and its name `n`. */
export const candidateColumns =
  "f.file_key, n.name, n.folded, f.size_bytes, encode(f.digest, 'hex') AS digest, f.whole_count, f.folder_file_count, f.folder_size_bytes";

/** Files `f` with their names `n`. */
export const filesAndNames = 'cardume.names n JOIN cardume.files f ON f.name_key = n.name_key';

/** Whether a file `f` has a holder whose lease ends after a time; it is SQL. */
export function hasLiveHolder(nowMs: string): string {
  return `EXISTS (
    SELECT 1 FROM cardume.holdings h JOIN cardume.peers p ON p.peer_key = h.peer_key
    WHERE h.file_key = f.file_key AND NOT p.retired AND p.expire_ms > ${nowMs}
  )`;
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
