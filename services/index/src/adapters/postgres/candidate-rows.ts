/** What is read of a file `f` and its name `n`. */
export const candidateColumns =
  "f.file_key, n.name, n.folded, f.size_bytes, encode(f.digest, 'hex') AS digest, f.whole_count, f.folder_file_count, f.folder_size_bytes";

/**
 * One row for each file `f` that has a holder whose lease ends after a time. The planner does not see through it: whether
 * somebody holds a file is looked at for each one that was found, and not for all that there are.
 *
 * @param nowMs SQL
 */
export function liveHolder(nowMs: string): string {
  return `LATERAL (
    SELECT FROM cardume.holdings h JOIN cardume.peers p ON p.peer_key = h.peer_key
    WHERE h.file_key = f.file_key AND NOT p.retired AND p.expire_ms > ${nowMs} LIMIT 1
  ) AS live`;
}
