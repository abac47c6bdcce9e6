import { maxExaminedNames } from '../../core/limits.ts';
import type { FoundEntries, RestrictedList } from '../../core/rights/restricted-lists.ts';
import type { CandidateQuery } from '../../core/search/candidate-query.ts';
import { digestRange } from '../../core/search/digest-range.ts';
import { type DirectKey, directKeyOf } from '../../core/search/direct-key.ts';
import { type RestrictedRow, restrictedEntryOf } from '../restricted-row.ts';
import { conditionSql, type SqlPart } from './condition-sql.ts';
import type { Database } from './database.ts';
import { nextStep, sliceSize } from './key-slice.ts';

const columns = `n.entry_key, n.name, n.folded, n.size_bytes, lower(hex(n.digest)) AS digest,
  n.folder_file_count, n.folder_size_bytes, n.partial`;

/** How many rows a list counts for at the least among those that are looked at: so much a statement costs that finds none. */
const leastRowsPerList = 8;

/** Finds what of lists matches a query; see `RestrictedLists.findInLists`. */
export async function findInLists(
  database: Database,
  lists: readonly RestrictedList[],
  query: CandidateQuery,
  limit: number,
  signal: AbortSignal,
): Promise<FoundEntries> {
  if (lists.length === 0) return { entries: [], truncated: false };
  const key = directKeyOf(query);
  if (key === undefined) return scanLists(database, lists, query, limit, signal);
  const rows = findDirectly(database, lists, key, limit + 1);
  const entries = rows.map(restrictedEntryOf).filter((entry) => {
    if (entry.folder !== undefined && !key.includeFolders) return false;
    // Folded they are the same; as they were written they need not be.
    return key.kind === 'digest' || entry.name === key.name || entry.name.endsWith(`/${key.name}`);
  });
  return { entries: entries.slice(0, limit), truncated: rows.length > limit };
}

function findDirectly(
  database: Database,
  lists: readonly RestrictedList[],
  key: DirectKey,
  limit: number,
): RestrictedRow[] {
  const peerKeys = JSON.stringify(lists.map(({ peerKey }) => peerKey));
  const source = `SELECT ${columns} FROM json_each(?1) k CROSS JOIN restricted_entries n ON n.peer_key = k.value`;
  if (key.kind === 'digest') {
    const { first, last } = digestRange(key.prefix);
    const sql = `${source} AND n.digest BETWEEN unhex(?2) AND unhex(?3) LIMIT ?4`;
    return database.query<RestrictedRow>(sql).all(peerKeys, first, last, limit);
  }
  const sql = `${source} AND n.folded = ?2
    UNION ALL ${source} AND n.folded_last = ?2 AND n.folded <> ?2 LIMIT ?3`;
  return database.query<RestrictedRow>(sql).all(peerKeys, key.folded, limit);
}

/** Looks at entry by entry, list by list, in steps between which others have their turn. */
async function scanLists(
  database: Database,
  lists: readonly RestrictedList[],
  query: CandidateQuery,
  limit: number,
  signal: AbortSignal,
): Promise<FoundEntries> {
  const rows: RestrictedRow[] = [];
  let examinedCount = 0;
  let steppedCount = 0;
  for (const slice of entrySlices(database, lists, query)) {
    for (const row of slice.rows) rows.push(row);
    examinedCount += slice.examinedCount;
    if (rows.length > limit || examinedCount > maxExaminedNames) return found(rows, limit, true);
    if (examinedCount - steppedCount < sliceSize) continue;
    steppedCount = examinedCount;
    await nextStep(signal);
  }
  return found(rows, limit, false);
}

/** The entries of lists that match a query, of some names at a time. Each slice is a statement of its own: none stays open. */
function* entrySlices(
  database: Database,
  lists: readonly RestrictedList[],
  query: CandidateQuery,
): Generator<{ rows: RestrictedRow[]; examinedCount: number }, void, undefined> {
  const { sql, parameters } = entrySql(query);
  const findEnd = database.query<{ name: string }>(
    `SELECT name FROM restricted_entries WHERE peer_key = ? AND name > ? ORDER BY name LIMIT 1 OFFSET ${sliceSize - 1}`,
  );
  const ofSlice = `SELECT ${columns} FROM restricted_entries n WHERE n.peer_key = ? AND n.name > ?`;
  const inSlice = database.query<RestrictedRow>(`${ofSlice} AND n.name <= ? AND ${sql}`);
  const inRest = database.query<RestrictedRow>(`${ofSlice} AND ${sql}`);
  for (const { peerKey, entryCount } of lists) {
    for (let after = ''; ; ) {
      const end = findEnd.get(peerKey, after)?.name;
      if (end === undefined) {
        const examinedCount = Math.max(entryCount % sliceSize, leastRowsPerList);
        yield { rows: inRest.all(peerKey, after, ...parameters), examinedCount };
        break;
      }
      yield { rows: inSlice.all(peerKey, after, end, ...parameters), examinedCount: sliceSize };
      after = end;
    }
  }
}

function found(rows: readonly RestrictedRow[], limit: number, wasCut: boolean): FoundEntries {
  return { entries: rows.slice(0, limit).map(restrictedEntryOf), truncated: wasCut || rows.length > limit };
}

/** All that a query asks of an entry `n`. Its lookups say no more than its conditions, but for digests. */
function entrySql({
  lookups,
  conditions,
  includeFolders,
  minSizeBytes,
  maxSizeBytes,
}: CandidateQuery): Pick<SqlPart, 'sql'> & { parameters: (string | number)[] } {
  const names = conditionSql(conditions);
  const digests = lookups.flatMap((lookup) => (lookup.kind === 'digest' ? [digestRange(lookup.prefix)] : []));
  const parts = [
    names.sql,
    ...digests.map(() => 'n.digest BETWEEN unhex(?) AND unhex(?)'),
    'n.folder_file_count <= ?',
    'iif(n.folder_file_count = -1, n.size_bytes, n.folder_size_bytes) BETWEEN ? AND ?',
  ];
  return {
    sql: parts.join(' AND '),
    parameters: [
      ...names.parameters,
      ...digests.flatMap(({ first, last }) => [first, last]),
      // A file has -1 of them.
      includeFolders ? Number.MAX_SAFE_INTEGER : -1,
      minSizeBytes,
      Math.min(maxSizeBytes, Number.MAX_SAFE_INTEGER),
    ],
  };
}
