import { maxExaminedNames } from '../../core/limits.ts';
import type { FoundEntries, RestrictedList } from '../../core/rights/restricted-lists.ts';
import type { CandidateQuery } from '../../core/search/candidate-query.ts';
import { directKeyOf } from '../../core/search/direct-key.ts';
import { type RestrictedRow, restrictedEntryOf } from '../restricted-row.ts';
import { digestSql, fileSql, nameSql } from './condition-sql.ts';
import type { Database } from './database.ts';
import { Parameters } from './parameters.ts';
import { isStatementTimeout } from './storage-failure.ts';

/** Finds what of lists matches a query; see `RestrictedLists.findInLists`. */
export async function findInLists(
  database: Database,
  lists: readonly RestrictedList[],
  query: CandidateQuery,
  limit: number,
  signal: AbortSignal,
): Promise<FoundEntries> {
  if (lists.length === 0) return { entries: [], truncated: false };
  const parameters = new Parameters();
  const peerKeys = parameters.add(lists.map(({ peerKey }) => peerKey));
  const isDirect = directKeyOf(query) !== undefined;
  const entries = `SELECT e.* FROM unnest(${peerKeys}::bigint[]) AS k (peer_key)
    JOIN cardume.restricted_entries e ON e.peer_key = k.peer_key`;
  // Bounded within where no index leads there: no more are looked at.
  const source = isDirect ? entries : `${entries} LIMIT ${maxExaminedNames}`;
  const sql = `SELECT n.entry_key, n.name, n.folded, n.size_bytes, encode(n.digest, 'hex') AS digest,
      n.folder_file_count, n.folder_size_bytes, n.partial
    FROM (${source}) AS n
    CROSS JOIN LATERAL (SELECT n.size_bytes, n.digest, n.folder_file_count, n.folder_size_bytes) AS f
    WHERE ${entrySql(query, parameters)} LIMIT ${parameters.add(limit + 1)}`;
  try {
    const rows = await database.query<RestrictedRow>(sql, parameters.values);
    signal.throwIfAborted();
    const entryCount = lists.reduce((sum, list) => sum + list.entryCount, 0);
    const wasCut = !isDirect && entryCount > maxExaminedNames;
    return { entries: rows.slice(0, limit).map(restrictedEntryOf), truncated: wasCut || rows.length > limit };
  } catch (error) {
    if (isStatementTimeout(error)) return { entries: [], truncated: true };
    throw error;
  }
}

/** All that a query asks of an entry, as a name `n` and as a file `f`. Several lookups say no more than its conditions. */
function entrySql(query: CandidateQuery, parameters: Parameters): string {
  const [lookup, ...others] = query.lookups;
  const digests = query.lookups.flatMap((one) => (one.kind === 'digest' ? [digestSql(one.prefix, parameters)] : []));
  const byName = others.length > 0 || lookup?.kind === 'digest' ? undefined : lookup;
  return [nameSql(query, byName, parameters), ...digests, fileSql(query, parameters)].join(' AND ');
}
