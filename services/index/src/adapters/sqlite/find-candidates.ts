import type { Candidate, FoundCandidates } from '../../core/catalog.ts';
import { maxExaminedNames } from '../../core/limits.ts';
import type { CandidateQuery } from '../../core/search/candidate-query.ts';
import {
  type CandidateTuple,
  candidateColumns,
  candidateOfTuple,
  filesOfKeys,
  filesOfNames,
  hasLiveHolder,
} from './candidate-rows.ts';
import { conditionSql, type SqlPart } from './condition-sql.ts';
import type { Database } from './database.ts';
import { digestSlices } from './digest-slices.ts';
import { findDirect } from './find-direct.ts';
import { type KeySlice, nextStep } from './key-slice.ts';
import { nameSlices } from './name-slices.ts';

/** Finds the files that match a query and have a live holder; see `Catalog.findCandidates`. */
export async function findCandidates(
  database: Database,
  query: CandidateQuery,
  nowMs: number,
  limit: number,
  signal: AbortSignal,
): Promise<FoundCandidates> {
  const direct = findDirect(database, query, nowMs, limit);
  if (direct !== undefined) return direct;
  // Who asks for one thing after the other lets others have their turn.
  await nextStep(signal);
  const candidates: Candidate[] = [];
  // A file has -1 of them.
  const mostFiles = query.includeFolders ? Number.MAX_SAFE_INTEGER : -1;
  const maxSizeBytes = Math.min(query.maxSizeBytes, Number.MAX_SAFE_INTEGER);

  /** Takes the files that keys lead to. */
  const take = (keys: readonly number[], source: SqlPart): void => {
    const files = database.tuples<CandidateTuple>(
      `SELECT ${candidateColumns} FROM ${source.sql} AND f.folder_file_count <= ?
       AND iif(f.folder_file_count = -1, f.size_bytes, f.folder_size_bytes) BETWEEN ? AND ?
       AND ${hasLiveHolder} LIMIT ?`,
    );
    // One more than the limit tells that there are more.
    const room = limit + 1 - candidates.length;
    const bounds = [mostFiles, query.minSizeBytes, maxSizeBytes, nowMs, room];
    const rows = files.all(JSON.stringify(keys), ...source.parameters, ...bounds);
    for (const row of rows) candidates.push(candidateOfTuple(row));
  };
  const seenKeys = new Set<number>();
  /** Takes the files that slices lead to. False when it ended before they did. */
  const takeAll = async (slices: AsyncIterable<KeySlice>, source: SqlPart): Promise<boolean> => {
    let examinedCount = 0;
    for await (const slice of slices) {
      const fresh = slice.keys.filter((key) => !seenKeys.has(key));
      for (const key of fresh) seenKeys.add(key);
      if (fresh.length > 0) take(fresh, source);
      examinedCount += slice.examinedCount;
      if (candidates.length > limit || examinedCount > maxExaminedNames) return false;
    }
    return true;
  };

  for (const lookup of query.lookups) {
    // No query has lookups of both kinds, so that the keys seen are all of one kind.
    const ended =
      lookup.kind === 'digest'
        ? await takeAll(digestSlices(database, lookup.prefix, signal), filesByKey(query))
        : await takeAll(nameSlices(database, lookup, query, signal), filesByName);
    if (!ended) return { candidates: candidates.slice(0, limit), truncated: true };
  }
  return { candidates, truncated: false };
}

/** From the keys of names, which satisfy the conditions already. */
const filesByName: SqlPart = { sql: `${filesOfNames} WHERE 1`, parameters: [] };

/** From the keys of files, whose names are still to be checked. */
function filesByKey(query: CandidateQuery): SqlPart {
  const { sql, parameters } = conditionSql(query.conditions);
  return { sql: `${filesOfKeys} WHERE ${sql}`, parameters };
}
