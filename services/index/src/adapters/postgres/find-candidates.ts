import type { Candidate, FoundCandidates } from '../../core/catalog.ts';
import type { CandidateQuery, Lookup } from '../../core/search/candidate-query.ts';
import { type CandidateRow, candidateOf } from '../candidate-row.ts';
import { candidateColumns, liveHolder } from './candidate-rows.ts';
import { digestSql, fileSql, nameSql } from './condition-sql.ts';
import type { Database } from './database.ts';
import { Parameters } from './parameters.ts';
import { isStatementTimeout } from './storage-failure.ts';

/** How many files are looked at for each one that is wanted: some have no live holder. */
const examinedPerFile = 4;

/** What a lookup found; of more than was looked at, not all. */
interface Found {
  rows: CandidateRow[];
  isAll: boolean;
}

/** Finds the files that match a query and have a live holder; see `Catalog.findCandidates`. */
export async function findCandidates(
  database: Database,
  query: CandidateQuery,
  nowMs: number,
  limit: number,
  signal: AbortSignal,
): Promise<FoundCandidates> {
  const found = new Map<number, Candidate>();
  for (const lookup of query.lookups) {
    // One more than the limit tells that there are more; those of the lookup before may come again.
    const { rows, isAll } = await lookUp(database, query, lookup, nowMs, limit + 1 + found.size);
    signal.throwIfAborted();
    for (const row of rows) found.set(row.file_key, candidateOf(row));
    if (!isAll || found.size > limit) return { candidates: [...found.values()].slice(0, limit), truncated: true };
  }
  signal.throwIfAborted();
  return { candidates: [...found.values()], truncated: false };
}

async function lookUp(
  database: Database,
  query: CandidateQuery,
  lookup: Lookup,
  nowMs: number,
  limit: number,
): Promise<Found> {
  const parameters = new Parameters();
  const examined = examinedPerFile * limit;
  const source =
    lookup.kind === 'digest' ? byDigest(query, lookup.prefix, parameters) : byName(query, lookup, parameters);
  // What comes first is bounded where the planner sees it: of what is common it then reads a part, and of what is rare the index.
  const sql = `WITH found AS MATERIALIZED (SELECT ${candidateColumns} FROM ${source} LIMIT ${examined})
    SELECT examined.count AS examined_count, held.* FROM (SELECT count(*) FROM found) AS examined
    LEFT JOIN (
      SELECT f.* FROM found AS f CROSS JOIN ${liveHolder(parameters.add(nowMs))} LIMIT ${parameters.add(limit)}
    ) AS held ON true`;
  try {
    const rows = await database.query<CandidateRow & { examined_count: number }>(sql, parameters.values);
    return {
      rows: rows.filter((row) => row.file_key !== null),
      isAll: (rows[0]?.examined_count ?? 0) < examined,
    };
  } catch (error) {
    if (isStatementTimeout(error)) return { rows: [], isAll: false };
    throw error;
  }
}

/** Names `n` and then their files `f`, as SQL. The planner takes them in this order: `OFFSET 0` keeps it from another one. */
function byName(query: CandidateQuery, lookup: Exclude<Lookup, { kind: 'digest' }>, parameters: Parameters): string {
  return `cardume.names n CROSS JOIN LATERAL (
      SELECT * FROM cardume.files f WHERE f.name_key = n.name_key AND ${fileSql(query, parameters)} OFFSET 0
    ) AS f WHERE ${nameSql(query, lookup, parameters)}`;
}

/** Files `f` and then their names `n`, as SQL. */
function byDigest(query: CandidateQuery, prefix: string, parameters: Parameters): string {
  return `cardume.files f CROSS JOIN LATERAL (
      SELECT * FROM cardume.names n WHERE n.name_key = f.name_key AND ${nameSql(query, undefined, parameters)} OFFSET 0
    ) AS n WHERE ${digestSql(prefix, parameters)} AND ${fileSql(query, parameters)}`;
}
