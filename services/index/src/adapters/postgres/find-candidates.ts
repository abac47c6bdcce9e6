import type { Candidate, FoundCandidates } from '../../core/catalog.ts';
import type { CandidateQuery, Lookup } from '../../core/search/candidate-query.ts';
import { type CandidateRow, candidateColumns, candidateOf, filesAndNames, hasLiveHolder } from './candidate-rows.ts';
import { candidateSql } from './condition-sql.ts';
import type { Database } from './database.ts';
import { Parameters } from './parameters.ts';
import { isStatementTimeout } from './storage-failure.ts';

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
    const rows = await lookUp(database, query, lookup, nowMs, limit + 1 + found.size);
    signal.throwIfAborted();
    for (const row of rows ?? []) found.set(row.file_key, candidateOf(row));
    if (rows === undefined || found.size > limit) {
      return { candidates: [...found.values()].slice(0, limit), truncated: true };
    }
  }
  signal.throwIfAborted();
  return { candidates: [...found.values()], truncated: false };
}

/** Undefined when that took longer than the connection lets a statement take. */
async function lookUp(
  database: Database,
  query: CandidateQuery,
  lookup: Lookup,
  nowMs: number,
  limit: number,
): Promise<CandidateRow[] | undefined> {
  const parameters = new Parameters();
  const conditions = candidateSql(query, lookup, parameters);
  const sql = `SELECT ${candidateColumns} FROM ${filesAndNames}
    WHERE ${conditions} AND ${hasLiveHolder(parameters.add(nowMs))} LIMIT ${parameters.add(limit)}`;
  try {
    return await database.query(sql, parameters.values);
  } catch (error) {
    if (isStatementTimeout(error)) return undefined;
    throw error;
  }
}
