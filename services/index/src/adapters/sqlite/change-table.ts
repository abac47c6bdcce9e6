import type { Change, ChangeEvent, ChangeLogEnd, ChangePage } from '../../core/changes/change.ts';
import { changeLifetimeMs, changePageLength, changePageSize, maxChangeLogLength } from '../../core/limits.ts';
import type { Database } from './database.ts';

/** How many changes go in one step of a cut, and about how many characters of them: a few milliseconds of work. */
const cutSize = 1_000;
const cutLength = 4 * 1024 * 1024;

/** The log of changes. */
export interface ChangeTable {
  add(peerId: string, changeMs: number, event: ChangeEvent): void;
  end(): ChangeLogEnd;
  after(position: number): ChangePage;
  /** Removes some changes from before their lifetime, or the oldest while there is too much of them. Returns whether any went. */
  trim(nowMs: number): boolean;
}

/** Makes the table's access; its caller holds the transaction of what is changed. */
export function createChangeTable(database: Database): ChangeTable {
  const add = database.command('INSERT INTO changes (change_ms, peer_id, event, event_length) VALUES (?, ?, ?, ?)');
  const lengthen = database.command('UPDATE state SET log_length = log_length + ?');
  const readState = database.query<{ log_id: string; log_length: number; cut_position: number }>(
    'SELECT log_id, log_length, cut_position FROM state',
  );
  // Also of changes that are not kept any more.
  const readEnd = database.query<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'changes'");
  const readAfter = database.query<{ position: number; change_ms: number; peer_id: string; event: string }>(
    `SELECT position, change_ms, peer_id, event FROM (
       SELECT *, sum(event_length) OVER (ORDER BY position) - event_length AS length_before
       FROM (SELECT * FROM changes WHERE position > ? ORDER BY position LIMIT ${changePageSize})
     ) WHERE length_before < ${changePageLength} ORDER BY position`,
  );
  const readOldest = database.query<{ position: number; change_ms: number; event_length: number }>(
    `SELECT position, change_ms, event_length FROM changes ORDER BY position LIMIT ${cutSize}`,
  );
  const drop = database.command('DELETE FROM changes WHERE position <= ?');
  const cut = database.command('UPDATE state SET log_length = ?, cut_position = ?');
  const state = () => readState.get() ?? { log_id: '', log_length: 0, cut_position: 0 };

  return {
    add(peerId, changeMs, event) {
      const text = JSON.stringify(event);
      add.run(changeMs, peerId, text, text.length);
      lengthen.run(text.length);
    },
    end: () => ({ logId: state().log_id, position: readEnd.get()?.seq ?? 0 }),
    after(position) {
      const { log_id: logId, cut_position: cutPosition } = state();
      if (position < cutPosition) return { logId, changes: undefined };
      return { logId, changes: readAfter.all(position).map(changeOf) };
    },
    trim(nowMs) {
      let { log_length: logLength, cut_position: cutPosition } = state();
      const before = { logLength, cutPosition };
      // Not all at once: how long an event is stands after the event, which may be long, and most often none is to go.
      for (const { position, change_ms: changeMs, event_length: eventLength } of readOldest.each()) {
        if (changeMs > nowMs - changeLifetimeMs && logLength <= maxChangeLogLength) break;
        if (logLength <= before.logLength - cutLength) break;
        logLength -= eventLength;
        cutPosition = position;
      }
      if (cutPosition === before.cutPosition) return false;
      drop.run(cutPosition);
      cut.run(logLength, cutPosition);
      return true;
    },
  };
}

function changeOf(row: { position: number; change_ms: number; peer_id: string; event: string }): Change {
  const { position, change_ms: changeMs, peer_id: peerId } = row;
  // Written above, and nobody else writes there.
  return { position, changeMs, peerId, event: JSON.parse(row.event) as ChangeEvent };
}
