import type { FoundCandidates } from '../../core/catalog.ts';
import type { CandidateQuery } from '../../core/search/candidate-query.ts';
import { digestRange } from '../../core/search/digest-range.ts';
import { directKeyOf } from '../../core/search/direct-key.ts';
import { withinLimit } from '../../core/search/within-limit.ts';
import { type CandidateRow, candidateOf } from '../candidate-row.ts';
import { candidateColumns, hasLiveHolder } from './candidate-rows.ts';
import type { Database } from './database.ts';

/** How many names, or files, are looked at in this way: of more, a search goes in steps. */
const maxLookedAt = 256;

// Statements are made once: to put the text of one together, and to find it by that, takes a tenth of the time of an exact search.
const findNames = `SELECT name_key, name FROM names WHERE folded = ?1 OR folded_last = ?1 LIMIT ${maxLookedAt}`;
const findFiles = `SELECT ${candidateColumns} FROM names n CROSS JOIN files f ON f.name_key = n.name_key
  WHERE n.name_key = ? AND ${hasLiveHolder} LIMIT ${maxLookedAt}`;
// The bound is within, so that it also holds for files that nobody live has.
const findByDigest = `SELECT ${candidateColumns}, ${hasLiveHolder} AS is_live
  FROM files f CROSS JOIN names n ON n.name_key = f.name_key
  WHERE f.digest BETWEEN unhex(?) AND unhex(?) LIMIT ${maxLookedAt}`;

/**
 * Finds in two statements what an exact name or a digest alone means: most searches are such, and mean one file. Undefined
 * for all other queries, and when there is more to look at.
 */
export function findDirect(
  database: Database,
  query: CandidateQuery,
  nowMs: number,
  limit: number,
): FoundCandidates | undefined {
  const key = directKeyOf(query);
  if (key === undefined) return undefined;
  const rows =
    key.kind === 'digest'
      ? filesOfDigest(database, key.prefix, nowMs)
      : filesOfName(database, key.folded, key.name, nowMs);
  if (rows === undefined) return undefined;
  const candidates = rows.map(candidateOf).filter(({ folder }) => key.includeFolders || folder === undefined);
  return withinLimit(candidates, limit);
}

function filesOfName(database: Database, folded: string, name: string, nowMs: number): CandidateRow[] | undefined {
  const names = database.query<{ name_key: number; name: string }>(findNames).all(folded);
  if (names.length === maxLookedAt) return undefined;
  // Folded they are the same; as they were written they need not be.
  const found = names.filter((row) => row.name === name || row.name.endsWith(`/${name}`));
  const files = database.query<CandidateRow>(findFiles);
  const rows = found.map((row) => files.all(row.name_key, nowMs));
  return rows.some(({ length }) => length === maxLookedAt) ? undefined : rows.flat();
}

function filesOfDigest(database: Database, prefix: string, nowMs: number): CandidateRow[] | undefined {
  const { first, last } = digestRange(prefix);
  const rows = database.query<CandidateRow & { is_live: number }>(findByDigest).all(nowMs, first, last);
  return rows.length === maxLookedAt ? undefined : rows.filter((row) => row.is_live === 1);
}
