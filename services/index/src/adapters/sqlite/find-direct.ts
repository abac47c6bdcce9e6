import type { FoundCandidates } from '../../core/catalog.ts';
import type { CandidateQuery } from '../../core/search/candidate-query.ts';
import { digestRange } from '../../core/search/digest-range.ts';
import { type DirectKey, directKeyOf } from '../../core/search/direct-key.ts';
import { withinLimit } from '../../core/search/within-limit.ts';
import { type CandidateTuple, candidateColumns, candidateOfTuple, hasLiveHolder } from './candidate-rows.ts';
import type { Database } from './database.ts';

/** How many names, or files, are looked at in this way: of more, a search goes in steps. */
const maxLookedAt = 256;

/** A file, and 1 when it has a live holder. */
type FoundTuple = [...CandidateTuple, isLive: number];

// Statements are made once: to put the text of one together, and to find it by that, takes a tenth of the time of an exact search.
// Their bounds are of all files that they come to, also of those that nobody live has.
const selectFile = `SELECT ${candidateColumns}, ${hasLiveHolder} AS is_live`;
const findByName = `${selectFile} FROM names n CROSS JOIN files f ON f.name_key = n.name_key
  WHERE n.folded = ?2 OR n.folded_last = ?2 LIMIT ${maxLookedAt}`;
const findByDigest = `${selectFile} FROM files f CROSS JOIN names n ON n.name_key = f.name_key
  WHERE f.digest BETWEEN unhex(?) AND unhex(?) LIMIT ${maxLookedAt}`;

/**
 * Finds in one statement what an exact name or a digest alone means: most searches are such, and mean one file. Undefined
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
  const rows = rowsOf(database, key, nowMs);
  if (rows.length === maxLookedAt) return undefined;
  const live = rows.filter((row) => row.at(-1) === 1).map(candidateOfTuple);
  const candidates = live.filter(
    ({ name, folder }) => isMeant(key, name) && (key.includeFolders || folder === undefined),
  );
  return withinLimit(candidates, limit);
}

function rowsOf(database: Database, key: DirectKey, nowMs: number): FoundTuple[] {
  if (key.kind === 'name') return database.tuples<FoundTuple>(findByName).all(nowMs, key.folded);
  const { first, last } = digestRange(key.prefix);
  return database.tuples<FoundTuple>(findByDigest).all(nowMs, first, last);
}

/** Whether a name is the very one: folded they are the same; as they were written they need not be. */
function isMeant(key: DirectKey, name: string): boolean {
  return key.kind === 'digest' || name === key.name || name.endsWith(`/${key.name}`);
}
