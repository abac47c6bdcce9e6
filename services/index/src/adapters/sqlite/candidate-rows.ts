import type { Candidate } from '../../core/search/candidate.ts';
import { candidateOf } from '../candidate-row.ts';

/** What is read of a file `f` and its name `n`. */
export const candidateColumns =
  'f.file_key, n.name, n.folded, f.size_bytes, lower(hex(f.digest)) AS digest, f.whole_count, f.folder_file_count, f.folder_size_bytes';

/** A row of these columns, as an array. */
export type CandidateTuple = [number, string, string, number, string, number, number, number];

/** @param row may have more columns after them */
export function candidateOfTuple(row: readonly [...CandidateTuple, ...unknown[]]): Candidate {
  const [file_key, name, folded, size_bytes, digest, whole_count, folder_file_count, folder_size_bytes] = row;
  return candidateOf({
    file_key,
    name,
    folded,
    size_bytes,
    digest,
    whole_count,
    folder_file_count,
    folder_size_bytes,
  });
}

/** Whether a file `f` has a holder whose lease ends after the parameter. */
export const hasLiveHolder = `EXISTS (
  SELECT 1 FROM holdings h JOIN peers p ON p.peer_key = h.peer_key WHERE h.file_key = f.file_key AND p.expire_ms > ?
)`;

/** The files of the names whose keys are in the parameter, a JSON array `k`, in its order. */
export const filesOfNames = `json_each(?) k
  CROSS JOIN names n ON n.name_key = k.value CROSS JOIN files f ON f.name_key = n.name_key`;

/** The files whose keys are in the parameter, a JSON array `k`, in its order. */
export const filesOfKeys = `json_each(?) k
  CROSS JOIN files f ON f.file_key = k.value CROSS JOIN names n ON n.name_key = f.name_key`;
