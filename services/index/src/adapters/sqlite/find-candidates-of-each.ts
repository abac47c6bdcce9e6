import type { Candidate, FoundCandidates } from '../../core/catalog.ts';
import type { CandidateQuery } from '../../core/search/candidate-query.ts';
import { digestRange } from '../../core/search/digest-range.ts';
import { type DirectKey, leadingDirectKeys } from '../../core/search/direct-key.ts';
import { withinLimit } from '../../core/search/within-limit.ts';
import { type CandidateRow, candidateOf } from '../candidate-row.ts';
import { candidateColumns, filesOfKeys, filesOfNames, hasLiveHolder } from './candidate-rows.ts';
import type { Database } from './database.ts';
import { findCandidates } from './find-candidates.ts';
import { nextStep } from './key-slice.ts';
import { stepSql, takeStep } from './take-step.ts';

/** How many queries one step looks up: a millisecond or two of work. More would save little of each. */
const queriesPerStep = 128;

const findKeysOfNames = ['n.folded', 'n.folded_last'].map((column) =>
  stepSql(`SELECT k.key AS position, n.name_key, n.name FROM json_each(?) k CROSS JOIN names n ON ${column} = k.value`),
);
const findKeysOfDigests = stepSql(`SELECT k.key AS position, f.file_key FROM json_each(?) k
  CROSS JOIN files f ON f.digest BETWEEN unhex(k.value ->> 0) AND unhex(k.value ->> 1)`);
const [findFilesOfNames, findFilesOfKeys] = [filesOfNames, filesOfKeys].map((source) =>
  stepSql(`SELECT k.key AS position, ${candidateColumns} FROM ${source} WHERE ${hasLiveHolder}`),
) as [string, string];

/** Finds for each of many queries what `findCandidates` finds; see `Catalog.findCandidatesOfEach`. */
export async function findCandidatesOfEach(
  database: Database,
  queries: readonly CandidateQuery[],
  nowMs: number,
  limit: number,
  signal: AbortSignal,
): Promise<FoundCandidates[]> {
  const keys = leadingDirectKeys(queries, queriesPerStep);
  const found = findDirectly(database, keys, nowMs);
  await nextStep(signal);
  if (found.length > 0) return found.map((candidates) => withinLimit(candidates, limit));
  // It is of another kind, or leads to more rows than a step has: then it is alone in several.
  const [first] = queries;
  return first === undefined ? [] : [await findCandidates(database, first, nowMs, limit, signal)];
}

/** The candidates of the first keys, as many as one step gives. */
function findDirectly(database: Database, keys: readonly DirectKey[], nowMs: number): Candidate[][] {
  const names = keys.filter((key) => key.kind === 'name');
  const digests = keys.filter((key) => key.kind === 'digest');
  const found = {
    name: findNames(database, names, nowMs).values(),
    digest: findDigests(database, digests, nowMs).values(),
  };
  const inOrder: Candidate[][] = [];
  for (const { kind, includeFolders } of keys) {
    const { value } = found[kind].next();
    if (value === undefined) break;
    inOrder.push(includeFolders ? value : value.filter(({ folder }) => folder === undefined));
  }
  return inOrder;
}

function findNames(
  database: Database,
  names: readonly Extract<DirectKey, { kind: 'name' }>[],
  nowMs: number,
): Candidate[][] {
  const folded = names.map((key) => key.folded);
  const steps = findKeysOfNames.map((sql) =>
    takeStep<{ position: number; name_key: number; name: string }>(database, sql, folded),
  );
  const keyCount = Math.min(...steps.map((step) => step.keyCount));
  const nameKeys = names.slice(0, keyCount).map(() => new Set<number>());
  for (const { position, name_key: nameKey, name } of steps.flatMap(({ rows }) => rows)) {
    const wanted = names[position]?.name;
    // Folded they are the same; as they were written they need not be.
    if (name === wanted || name.endsWith(`/${wanted}`)) nameKeys[position]?.add(nameKey);
  }
  return filesOfEach(database, findFilesOfNames, nameKeys, nowMs);
}

function findDigests(
  database: Database,
  digests: readonly Extract<DirectKey, { kind: 'digest' }>[],
  nowMs: number,
): Candidate[][] {
  const ranges = digests.map(({ prefix }) => digestRange(prefix)).map(({ first, last }) => [first, last]);
  const { rows, keyCount } = takeStep<{ position: number; file_key: number }>(database, findKeysOfDigests, ranges);
  const fileKeys = digests.slice(0, keyCount).map(() => new Set<number>());
  for (const { position, file_key: fileKey } of rows) fileKeys[position]?.add(fileKey);
  return filesOfEach(database, findFilesOfKeys, fileKeys, nowMs);
}

/** The files that the keys of each query lead to and that have a live holder, for as many queries as one step gives. */
function filesOfEach(
  database: Database,
  sql: string,
  keysOfEach: readonly ReadonlySet<number>[],
  nowMs: number,
): Candidate[][] {
  const pairs = keysOfEach.flatMap((keys, query) => Array.from(keys, (key) => ({ query, key })));
  const { rows, keyCount } = takeStep<CandidateRow & { position: number }>(
    database,
    sql,
    pairs.map(({ key }) => key),
    nowMs,
  );
  const queryCount = pairs[keyCount]?.query ?? keysOfEach.length;
  const found = Array.from({ length: queryCount }, (): Candidate[] => []);
  for (const row of rows) found[pairs[row.position]?.query ?? queryCount]?.push(candidateOf(row));
  return found;
}
