import type { SqlPart } from './condition-sql.ts';
import type { Database } from './database.ts';
import { type CheckedRow, type KeySlice, nextStep, sliceOf, sliceSize } from './key-slice.ts';

/** A range of the rows of a table, in the order of a column that has an index. */
export interface KeyRange<Value extends string | Uint8Array> {
  /** The table with its short name: `names n`. */
  from: string;
  /** Its integer primary key: `n.name_key`. */
  key: string;
  /** `n.folded` */
  column: string;
  /** The first value. */
  start: Value;
  /** The first value after the range; `start` when the range is that value alone; undefined when there is none. */
  end: Value | undefined;
  /** What rows must satisfy. */
  conditions: SqlPart;
}

/**
 * Visits a range, a bounded step at a time, also where a million rows have the same value.
 *
 * Each step first goes on among the rows of the value where the last one ended, and then to later values. One
 * statement that compares `(column, key)` would not do: SQLite's index then finds the value only, and each step passes
 * over all rows of that value again.
 */
export async function* rangeSlices<Value extends string | Uint8Array>(
  database: Database,
  { from, key, column, start, end, conditions: { sql, parameters } }: KeyRange<Value>,
  signal: AbortSignal,
): AsyncGenerator<KeySlice, void, undefined> {
  const select = `SELECT ${key} AS key, (${sql}) AS accepted FROM ${from}`;
  const sameValue = database.tuples<CheckedRow>(`${select} WHERE ${column} = ? AND ${key} > ? ORDER BY ${key} LIMIT ?`);
  const laterValues = database.tuples<CheckedRow>(
    `${select} WHERE ${column} > ? ${end === undefined ? '' : `AND ${column} < ?`} ORDER BY ${column}, ${key} LIMIT ?`,
  );
  const readValue = database.query<{ value: Value }>(`SELECT ${column} AS value FROM ${from} WHERE ${key} = ?`);
  const ends = end === undefined ? [] : [end];
  let afterValue = start;
  let afterKey = -1;
  for (;;) {
    const rows = sameValue.all(...parameters, afterValue, afterKey, sliceSize);
    const room = sliceSize - rows.length;
    if (room > 0 && end !== start) rows.push(...laterValues.all(...parameters, afterValue, ...ends, room));
    const last = rows.length < sliceSize ? undefined : rows.at(-1);
    if (last !== undefined) {
      [afterKey] = last;
      // Read before others have their turn, for they may drop that row.
      afterValue = readValue.get(afterKey)?.value ?? afterValue;
    }
    yield sliceOf(rows);
    if (last === undefined) return;
    await nextStep(signal);
  }
}
