import type { Change, ChangeEvent, ChangeLogEnd, ChangePage } from '../../core/changes/change.ts';
import { changeLifetimeMs, changePageLength, changePageSize, maxChangeLogLength } from '../../core/limits.ts';
import type { Database, Queries } from './database.ts';
import { advisoryLocks } from './schema.ts';

/** The channel on which replicas tell each other that there are changes. */
export const changesChannel = 'cardume_changes';

/** How many changes go in one step of a cut. */
const cutSize = 10_000;

/** A change that is noted when its transaction is about to end. */
export type NotedChange = Omit<Change, 'position'>;

/**
 * Writes changes into the log, as the last thing that a transaction does: from here to its end no other transaction does, so
 * that whoever reads up to a position has seen all before it.
 */
export async function writeChanges(queries: Queries, changes: readonly NotedChange[]): Promise<void> {
  if (changes.length === 0) return;
  const events = changes.map(({ event }) => JSON.stringify(event));
  await queries.query('SELECT pg_advisory_xact_lock($1)', [advisoryLocks.changing]);
  await queries.query(
    `INSERT INTO cardume.changes (change_ms, peer_id, event, event_length)
     SELECT * FROM unnest($1::double precision[], $2::text[], $3::text[], $4::integer[])`,
    [
      changes.map(({ changeMs }) => changeMs),
      changes.map(({ peerId }) => peerId),
      events,
      events.map(({ length }) => length),
    ],
  );
  await queries.query(`NOTIFY ${changesChannel}`);
}

/** See `Catalog.changeLogEnd`. */
export async function readLogEnd(queries: Queries): Promise<ChangeLogEnd> {
  const [row] = await queries.query<{ log_id: string; position: number }>(
    `SELECT log_id, greatest(cut_position, (SELECT max(position) FROM cardume.changes)) AS position FROM cardume.state`,
  );
  return { logId: row?.log_id ?? '', position: row?.position ?? 0 };
}

/** See `Catalog.changesAfter`. */
export async function readChanges(queries: Queries, position: number): Promise<ChangePage> {
  // In one statement, so that nothing is cut between looking and reading.
  const rows = await queries.query<{
    log_id: string;
    cut_position: number;
    position: number | null;
    change_ms: number;
    peer_id: string;
    event: string;
  }>(
    `SELECT s.log_id, s.cut_position, c.* FROM cardume.state s LEFT JOIN (
       SELECT position, change_ms, peer_id, event FROM (
         SELECT *, sum(event_length) OVER (ORDER BY position) - event_length AS length_before
         FROM (SELECT * FROM cardume.changes WHERE position > $1 ORDER BY position LIMIT ${changePageSize}) AS page
       ) AS measured WHERE length_before < ${changePageLength}
     ) c ON true ORDER BY c.position`,
    [position],
  );
  const [first] = rows;
  const logId = first?.log_id ?? '';
  if (first === undefined || position < first.cut_position) return { logId, changes: undefined };
  const changes = rows.flatMap((row): Change[] => {
    if (row.position === null) return [];
    // Written above, and nobody else writes there.
    const event = JSON.parse(row.event) as ChangeEvent;
    return [{ position: row.position, changeMs: row.change_ms, peerId: row.peer_id, event }];
  });
  return { logId, changes };
}

/** See `Catalog.trimChanges`. One replica does it at a time. */
export function trimChanges(database: Database, nowMs: number): Promise<boolean> {
  return database.transaction(async (queries) => {
    const [state] = await queries.query('SELECT 1 FROM cardume.state FOR UPDATE SKIP LOCKED');
    if (state === undefined) return false;
    const [cut] = await queries.query<{ position: number | null }>(
      `SELECT max(position) AS position FROM (
         SELECT position, change_ms, (SELECT sum(event_length) FROM cardume.changes)
           - sum(event_length) OVER (ORDER BY position) + event_length AS length_from_here
         FROM (SELECT * FROM cardume.changes ORDER BY position LIMIT ${cutSize}) AS oldest
       ) AS measured WHERE change_ms <= $1 OR length_from_here > $2`,
      [nowMs - changeLifetimeMs, maxChangeLogLength],
    );
    const position = cut?.position ?? undefined;
    if (position === undefined) return false;
    await queries.query('DELETE FROM cardume.changes WHERE position <= $1', [position]);
    await queries.query('UPDATE cardume.state SET cut_position = $1', [position]);
    return true;
  });
}
