import type { FileHolders } from '../../core/catalog.ts';
import { type HolderRow, holderOf } from '../holder-row.ts';
import type { Database } from './database.ts';
import { nextStep, sliceSize } from './key-slice.ts';
import { reportCountAt } from './report-table.ts';
import { stepSql, takeStep } from './take-step.ts';

/** How many files one step looks at, unless their holders are too many for it. */
const filesPerStep = 128;

/** How it is read here: numbers for what is true. */
interface SqliteHolderRow extends HolderRow {
  reachable: number;
  partial: number;
  modify_ms: number | null;
}

interface CountRow {
  whole_holders: number;
  modify_ms: number | null;
}

/** What is read of a holding `h` and its peer `p` at a time, `t.now_ms`. */
const columns = `p.peer_id, p.host, p.port, p.renew_ms, p.reachable, h.partial, h.modify_ms,
  ${reportCountAt('p.peer_id', 't.now_ms')} AS report_count`;

const findOfEach = stepSql(`SELECT k.key AS position, h.file_key, ${columns} FROM json_each(?) k
  CROSS JOIN (SELECT ? AS now_ms) t
  CROSS JOIN holdings h ON h.file_key = k.value CROSS JOIN peers p ON p.peer_key = h.peer_key
  WHERE p.expire_ms > t.now_ms`);

const findOfOne = `SELECT ${columns} FROM (SELECT ? AS now_ms) t
  CROSS JOIN holdings h CROSS JOIN peers p ON p.peer_key = h.peer_key
  WHERE h.file_key = ? AND p.expire_ms > t.now_ms LIMIT ${sliceSize}`;

/** Finds the live holders of files; see `Catalog.findHolders`. */
export async function findHolders(
  database: Database,
  fileKeys: readonly number[],
  nowMs: number,
  holderLimit: number,
  signal: AbortSignal,
): Promise<Map<number, FileHolders>> {
  const found = new Map<number, FileHolders>();
  const [only] = fileKeys;
  // Most searches for an exact name find one file: of its own statement it has its holders in half the time.
  if (only !== undefined && fileKeys.length === 1) {
    const rows = database.query<SqliteHolderRow>(findOfOne).all(nowMs, only);
    const isAll = rows.length < sliceSize;
    const holders = isAll ? bestOf(rows, holderLimit) : findBest(database, only, nowMs, holderLimit);
    return rows.length === 0 ? found : found.set(only, holders);
  }
  for (let rest = [...new Set(fileKeys)]; rest.length > 0; ) {
    const { rows, keyCount } = takeStep<SqliteHolderRow & { file_key: number; position: number }>(
      database,
      findOfEach,
      rest.slice(0, filesPerStep),
      nowMs,
    );
    for (const [fileKey, all] of Map.groupBy(rows, (row) => row.file_key)) found.set(fileKey, bestOf(all, holderLimit));
    const [first] = rest;
    // More hold it than a step has rows.
    if (keyCount === 0 && first !== undefined) found.set(first, findBest(database, first, nowMs, holderLimit));
    rest = rest.slice(Math.max(1, keyCount));
    if (rest.length > 0) await nextStep(signal);
  }
  return found;
}

/** The best of rows that are all there are. */
function bestOf(rows: SqliteHolderRow[], holderLimit: number): FileHolders {
  const modifyTimes = rows.flatMap(({ modify_ms: modifyMs }) => modifyMs ?? []);
  return {
    holders: rows
      .sort(compareHolders)
      .slice(0, holderLimit)
      .map((row) => holderOf(row)),
    wholeHolderCount: rows.filter(({ partial }) => partial === 0).length,
    modifyMs: modifyTimes.length === 0 ? undefined : Math.max(...modifyTimes),
  };
}

/** The same order as in {@link findBest}. */
function compareHolders(a: SqliteHolderRow, b: SqliteHolderRow): number {
  return (
    a.report_count - b.report_count ||
    a.partial - b.partial ||
    b.reachable - a.reachable ||
    b.renew_ms - a.renew_ms ||
    (a.peer_id < b.peer_id ? -1 : 1)
  );
}

/** The best holders of one file, sorted where they are, however many there are. */
function findBest(database: Database, fileKey: number, nowMs: number, holderLimit: number): FileHolders {
  const source = `FROM (SELECT ? AS now_ms) t CROSS JOIN holdings h JOIN peers p ON p.peer_key = h.peer_key
    WHERE h.file_key = ? AND p.expire_ms > t.now_ms`;
  const count = database.query<CountRow>(
    `SELECT coalesce(sum(h.partial = 0), 0) AS whole_holders, max(h.modify_ms) AS modify_ms ${source}`,
  );
  const best = database.query<SqliteHolderRow>(
    `SELECT ${columns} ${source} ORDER BY report_count, h.partial, p.reachable DESC, p.renew_ms DESC, p.peer_id LIMIT ?`,
  );
  const counted = count.get(nowMs, fileKey);
  return {
    holders: best.all(nowMs, fileKey, holderLimit).map((row) => holderOf(row)),
    wholeHolderCount: counted?.whole_holders ?? 0,
    modifyMs: counted?.modify_ms ?? undefined,
  };
}
