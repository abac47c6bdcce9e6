import { setImmediate } from 'node:timers/promises';
import type { CandidateQuery, Lookup } from '../../core/search/candidate-query.ts';
import { conditionSql } from './condition-sql.ts';
import type { Database } from './database.ts';
import { afterPrefix } from './text-range.ts';
import { trigramQuery } from './trigram-query.ts';

/** How many names are looked at in one step: some milliseconds of work. */
const sliceSize = 5_000;

/** What one step looked at. */
export interface NameSlice {
  /** The keys of names that satisfy all conditions. */
  nameKeys: number[];
  /** How many names were looked at. */
  examinedCount: number;
}

type NameLookup = Exclude<Lookup, { kind: 'digest' }>;

/**
 * Visits the names that a lookup leads to, a bounded step at a time; other work has its turn between steps.
 *
 * Each step is a query of its own that goes on after the last key of the one before, so that no statement stays open
 * while others write.
 */
export function nameSlices(
  database: Database,
  lookup: NameLookup,
  query: CandidateQuery,
  signal: AbortSignal,
): AsyncGenerator<NameSlice, void, undefined> {
  if (lookup.kind === 'contains') {
    const match = trigramQuery(lookup.texts);
    return match === undefined ? scan(database, query, signal) : byTrigrams(database, match, query, signal);
  }
  // The first text after this one alone is the one with a NUL appended, which no name has.
  const end = lookup.kind === 'equals' ? `${lookup.text}\0` : afterPrefix(lookup.text);
  return byBeginning(database, lookup.text, end, query, signal);
}

interface CheckedRow {
  name_key: number;
  accepted: number;
}

async function* byTrigrams(
  database: Database,
  match: string,
  query: CandidateQuery,
  signal: AbortSignal,
): AsyncGenerator<NameSlice, void, undefined> {
  const { sql, parameters } = conditionSql(query.conditions);
  const step = database.query<CheckedRow>(
    `SELECT n.name_key, (${sql}) AS accepted
     FROM name_trigrams t CROSS JOIN names n ON n.name_key = t.rowid
     WHERE t.name_trigrams MATCH ? AND t.rowid > ? ORDER BY t.rowid LIMIT ${sliceSize}`,
  );
  for (let afterKey = -1; ; ) {
    const rows = step.all(...parameters, match, afterKey);
    yield sliceOf(rows);
    if (rows.length < sliceSize) return;
    afterKey = rows.at(-1)?.name_key ?? afterKey;
    await nextStep(signal);
  }
}

async function* byBeginning(
  database: Database,
  start: string,
  end: string | undefined,
  query: CandidateQuery,
  signal: AbortSignal,
): AsyncGenerator<NameSlice, void, undefined> {
  const { sql, parameters } = conditionSql(query.conditions);
  for (const column of ['folded', 'folded_last']) {
    const step = database.query<CheckedRow>(
      `SELECT n.name_key, (${sql}) AS accepted FROM names n
       WHERE (n.${column}, n.name_key) > (?, ?) ${end === undefined ? '' : `AND n.${column} < ?`}
       ORDER BY n.${column}, n.name_key LIMIT ${sliceSize}`,
    );
    const textOf = database.query<{ text: string }>(`SELECT ${column} AS text FROM names WHERE name_key = ?`);
    let afterText = start;
    let afterKey = -1;
    for (let full = true; full; ) {
      const bounds = [afterText, afterKey, ...(end === undefined ? [] : [end])];
      const rows = step.all(...parameters, ...bounds);
      full = rows.length === sliceSize;
      afterKey = rows.at(-1)?.name_key ?? afterKey;
      // Read before others have their turn, for they may drop that name.
      if (full) afterText = textOf.get(afterKey)?.text ?? afterText;
      yield sliceOf(rows);
      await nextStep(signal);
    }
  }
}

async function* scan(
  database: Database,
  query: CandidateQuery,
  signal: AbortSignal,
): AsyncGenerator<NameSlice, void, undefined> {
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
    yield { nameKeys: rows.map((row) => row.name_key), examinedCount: sliceSize };
    if (endKey === undefined) return;
    afterKey = endKey;
    await nextStep(signal);
  }
}

function sliceOf(rows: readonly CheckedRow[]): NameSlice {
  return {
    nameKeys: rows.filter(({ accepted }) => accepted === 1).map(({ name_key }) => name_key),
    examinedCount: rows.length,
  };
}

/** @throws an AbortError when the caller has gone */
async function nextStep(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}
