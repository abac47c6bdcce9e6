import type { CandidateQuery, Lookup, NameCondition } from '../../core/search/candidate-query.ts';
import { conditionsBeyond } from '../../core/search/conditions-beyond.ts';
import { conditionSql } from './condition-sql.ts';
import type { Database } from './database.ts';
import { type CheckedRow, type KeySlice, nextStep, sliceOf, sliceSize } from './key-slice.ts';
import { rangeSlices } from './range-slices.ts';
import { afterPrefix } from './text-range.ts';
import { trigramQuery } from './trigram-query.ts';
import { type TrigramSample, trigramSample } from './trigram-sample.ts';
import { trigramsOf } from './trigrams-of.ts';

type NameLookup = Exclude<Lookup, { kind: 'digest' }>;

/**
 * Visits the names that a lookup leads to, a bounded step at a time; other work has its turn between steps.
 *
 * Each step is a query of its own that goes on after the last key of the one before, so that no statement stays open
 * while others write.
 *
 * @returns slices of the keys of names that satisfy all conditions
 */
export async function* nameSlices(
  database: Database,
  lookup: NameLookup,
  query: CandidateQuery,
  signal: AbortSignal,
): AsyncGenerator<KeySlice, void, undefined> {
  if (lookup.kind === 'contains') {
    yield* containing(database, lookup, query, signal);
    return;
  }
  yield* byBeginning(
    database,
    { start: lookup.text, isWhole: lookup.kind === 'equals' },
    conditionsBeyond(lookup, query.conditions),
    signal,
  );
}

async function* containing(
  database: Database,
  { beginning, texts }: Extract<NameLookup, { kind: 'contains' }>,
  query: CandidateQuery,
  signal: AbortSignal,
): AsyncGenerator<KeySlice, void, undefined> {
  const sample = await trigramSample(database);
  signal.throwIfAborted();
  if (beginning !== undefined && (isRareBeginning(database, beginning) || isRarest(beginning, texts, sample))) {
    yield* byBeginning(database, { start: beginning, isWhole: false }, query.conditions, signal);
    return;
  }
  const match = trigramQuery(texts, sample);
  yield* match === undefined ? scan(database, query, signal) : byTrigrams(database, match, query, signal);
}

/** Whether no more names begin so, or have last parts that do, than are looked at in a step. */
function isRareBeginning(database: Database, beginning: string): boolean {
  const end = afterPrefix(beginning);
  return ['folded', 'folded_last'].every((column) => {
    const until = end === undefined ? '' : `AND ${column} < ?`;
    const count = database.query<{ count: number }>(
      `SELECT count(*) AS count FROM (SELECT 1 FROM names WHERE ${column} >= ? ${until} LIMIT ${sliceSize})`,
    );
    return (count.get(beginning, ...(end === undefined ? [] : [end]))?.count ?? 0) < sliceSize;
  });
}

/**
 * Whether a beginning narrows more than the texts do that names have somewhere: when the rarest trigram of all texts is one
 * of its own, or they have none that is rare.
 */
function isRarest(beginning: string, texts: readonly string[], { namesWith, sampleSize }: TrigramSample): boolean {
  const rarestOf = (trigrams: string[]): number =>
    Math.min(sampleSize, ...trigrams.map((trigram) => namesWith(trigram).length));
  const rarest = rarestOf(texts.flatMap(trigramsOf));
  return rarestOf(trigramsOf(beginning)) <= rarest || rarest > sampleSize / 32;
}

async function* byTrigrams(
  database: Database,
  match: string,
  query: CandidateQuery,
  signal: AbortSignal,
): AsyncGenerator<KeySlice, void, undefined> {
  const { sql, parameters } = conditionSql(query.conditions);
  const step = database.tuples<CheckedRow>(
    `SELECT n.name_key AS key, (${sql}) AS accepted
     FROM name_trigrams t CROSS JOIN names n ON n.name_key = t.rowid
     WHERE t.name_trigrams MATCH ? AND t.rowid > ? ORDER BY t.rowid LIMIT ${sliceSize}`,
  );
  for (let afterKey = -1; ; ) {
    const rows = step.all(...parameters, match, afterKey);
    yield sliceOf(rows);
    if (rows.length < sliceSize) return;
    [afterKey] = rows.at(-1) ?? [afterKey];
    await nextStep(signal);
  }
}

async function* byBeginning(
  database: Database,
  /** The beginning, or the whole of it. */
  { start, isWhole }: { start: string; isWhole: boolean },
  nameConditions: readonly NameCondition[],
  signal: AbortSignal,
): AsyncGenerator<KeySlice, void, undefined> {
  const conditions = conditionSql(nameConditions);
  const end = isWhole ? start : afterPrefix(start);
  for (const column of ['n.folded', 'n.folded_last']) {
    const range = { from: 'names n', key: 'n.name_key', column, start, end, conditions };
    yield* rangeSlices(database, range, signal);
    await nextStep(signal);
  }
}

async function* scan(
  database: Database,
  query: CandidateQuery,
  signal: AbortSignal,
): AsyncGenerator<KeySlice, void, undefined> {
  const { sql, parameters } = conditionSql(query.conditions);
  const findEnd = database.query<{ name_key: number }>(
    `SELECT name_key FROM names WHERE name_key > ? ORDER BY name_key LIMIT 1 OFFSET ${sliceSize - 1}`,
  );
  const step = database.query<{ name_key: number }>(
    `SELECT n.name_key FROM names n WHERE n.name_key > ? AND n.name_key <= ? AND ${sql} ORDER BY n.name_key`,
  );
  for (let afterKey = -1; ; ) {
    const endKey = findEnd.get(afterKey)?.name_key;
    const rows = step.all(afterKey, endKey ?? Number.MAX_SAFE_INTEGER, ...parameters);
    yield { keys: rows.map((row) => row.name_key), examinedCount: sliceSize };
    if (endKey === undefined) return;
    afterKey = endKey;
    await nextStep(signal);
  }
}
