import type { Candidate, FoundCandidates } from '../../core/catalog.ts';
import type { CandidateQuery } from '../../core/search/candidate-query.ts';
import { digestRange } from '../../core/search/digest-range.ts';
import { type DirectKey, leadingDirectKeys } from '../../core/search/direct-key.ts';
import { withinLimit } from '../../core/search/within-limit.ts';
import { type CandidateRow, candidateOf } from '../candidate-row.ts';
import { candidateColumns, liveHolder } from './candidate-rows.ts';
import type { Database } from './database.ts';
import { findCandidates } from './find-candidates.ts';
import { Parameters, storableText } from './parameters.ts';

/** How many queries one step looks up. */
const queriesPerStep = 128;
/** How many files a query may have in a step; one that has more is looked up alone. */
const filesPerQuery = 256;

/** Finds for each of many queries what `findCandidates` finds; see `Catalog.findCandidatesOfEach`. */
export async function findCandidatesOfEach(
  database: Database,
  queries: readonly CandidateQuery[],
  nowMs: number,
  limit: number,
  signal: AbortSignal,
): Promise<FoundCandidates[]> {
  const keys = leadingDirectKeys(queries, queriesPerStep);
  const found = await findDirectly(database, keys, nowMs);
  signal.throwIfAborted();
  const complete = found.findIndex((files) => files.length > filesPerQuery);
  const step = complete === -1 ? found : found.slice(0, complete);
  if (step.length > 0) return step.map((candidates) => withinLimit(candidates, limit));
  const [first] = queries;
  return first === undefined ? [] : [await findCandidates(database, first, nowMs, limit, signal)];
}

/** The candidates of each key, but of none more than one beyond `filesPerQuery`. */
async function findDirectly(database: Database, keys: readonly DirectKey[], nowMs: number): Promise<Candidate[][]> {
  const found = keys.map((): Candidate[] => []);
  const positions = { name: [] as number[], digest: [] as number[] };
  for (const [position, { kind }] of keys.entries()) positions[kind].push(position);
  const take = (rows: readonly (CandidateRow & { position: number })[]): void => {
    for (const row of rows) found[row.position]?.push(candidateOf(row));
  };
  if (positions.name.length > 0) {
    const names = keys.filter((key) => key.kind === 'name');
    const parameters = new Parameters();
    const array = (values: readonly string[]): string => `${parameters.add(values.map(storableText))}::text[]`;
    const source = `unnest(${parameters.add(positions.name)}::integer[], ${array(names.map(({ folded }) => folded))},
      ${array(names.map(({ name }) => name))}, ${parameters.add(names.map((key) => key.includeFolders))}::boolean[])
      AS k (position, folded, name, folders)`;
    const matches = `(n.folded = k.folded OR n.folded_last = k.folded)
      AND (n.name = k.name OR right(n.name, length(k.name) + 1) = '/' || k.name)`;
    take(await findEach(database, source, matches, parameters, nowMs));
  }
  if (positions.digest.length > 0) {
    const digests = keys.filter((key) => key.kind === 'digest');
    const ranges = digests.map(({ prefix }) => digestRange(prefix));
    const parameters = new Parameters();
    const source = `unnest(${parameters.add(positions.digest)}::integer[],
      ${parameters.add(ranges.map(({ first }) => first))}::text[],
      ${parameters.add(ranges.map(({ last }) => last))}::text[],
      ${parameters.add(digests.map((key) => key.includeFolders))}::boolean[]) AS k (position, first, last, folders)`;
    const matches = `f.digest BETWEEN decode(k.first, 'hex') AND decode(k.last, 'hex')`;
    take(await findEach(database, source, matches, parameters, nowMs));
  }
  return found;
}

function findEach(
  database: Database,
  source: string,
  matches: string,
  parameters: Parameters,
  nowMs: number,
): Promise<(CandidateRow & { position: number })[]> {
  return database.query(
    `SELECT k.position, c.* FROM ${source} CROSS JOIN LATERAL (
       SELECT ${candidateColumns} FROM cardume.names n JOIN cardume.files f ON f.name_key = n.name_key
       CROSS JOIN ${liveHolder(parameters.add(nowMs))}
       WHERE ${matches} AND (k.folders OR f.folder_file_count = -1)
       LIMIT ${filesPerQuery + 1}
     ) c`,
    parameters.values,
  );
}
