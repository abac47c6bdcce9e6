import type { Database } from './database.ts';
import { sliceSize } from './key-slice.ts';

/** A row that a key led to. */
interface PositionedRow {
  /** Where the key stands among the keys. */
  position: number;
}

/** The rows of one step. */
export interface Step<Row> {
  /** All rows of the first keys, in the order of the keys. */
  rows: Row[];
  /** How many keys have all their rows in the step. Fewer than there are: the rest is for the next step. */
  keyCount: number;
}

/** Makes the statement of a step; once, since to put its text together, and to find it by that, is a good part of what a small step takes. */
export function stepSql(sql: string): string {
  return `${sql} LIMIT ${sliceSize}`;
}

/**
 * Looks up many keys by one statement, which costs a tenth of a statement for each, for as many of the first ones as lead
 * to `sliceSize` rows.
 *
 * @param sql by {@link stepSql}: selects from `json_each(?) k`, the keys, joined by CROSS JOIN, which keeps their order; `k.key` is the column
 * `position`
 */
export function takeStep<Row extends PositionedRow>(
  database: Database,
  sql: string,
  keys: readonly unknown[],
  ...parameters: number[]
): Step<Row> {
  if (keys.length === 0) return { rows: [], keyCount: 0 };
  const rows = database.query<Row>(sql).all(JSON.stringify(keys), ...parameters);
  const last = rows.length < sliceSize ? undefined : rows.at(-1);
  if (last === undefined) return { rows, keyCount: keys.length };
  // The last key that rows came of may have more.
  return { rows: rows.filter(({ position }) => position < last.position), keyCount: last.position };
}
