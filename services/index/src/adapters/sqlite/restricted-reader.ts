import type { EntryHolder, RestrictedList } from '../../core/rights/restricted-lists.ts';
import { type EntryHolderRow, entryHolderOf } from '../holder-row.ts';
import type { Database } from './database.ts';
import { reportCountAt } from './report-table.ts';

/** What is read of the lists that are for some users only; see `RestrictedLists`. */
export interface RestrictedReader {
  findListsFor(user: string, nowMs: number, limit: number): RestrictedList[];
  findEntryHolders(entryKeys: readonly number[], nowMs: number): EntryHolder[];
}

/** Makes the reader. */
export function createRestrictedReader(database: Database): RestrictedReader {
  const lists = database.query<{ peer_key: number; file_count: number }>(
    `SELECT p.peer_key, p.file_count FROM audiences a CROSS JOIN peers p ON p.peer_key = a.peer_key
     WHERE a.user_name = ? AND p.expire_ms > ? ORDER BY a.peer_key LIMIT ?`,
  );
  const holders = database.query<EntryHolderRow>(
    `SELECT e.entry_key, p.peer_id, p.host, p.port, p.renew_ms, p.reachable, e.partial, e.modify_ms,
       ${reportCountAt('p.peer_id', 't.now_ms')} AS report_count
     FROM json_each(?) k CROSS JOIN (SELECT ? AS now_ms) t CROSS JOIN restricted_entries e ON e.entry_key = k.value
     CROSS JOIN peers p ON p.peer_key = e.peer_key WHERE p.expire_ms > t.now_ms`,
  );
  return {
    findListsFor: (user, nowMs, limit) =>
      lists.all(user, nowMs, limit).map((row) => ({ peerKey: row.peer_key, entryCount: row.file_count })),
    findEntryHolders: (entryKeys, nowMs) => holders.all(JSON.stringify(entryKeys), nowMs).map(entryHolderOf),
  };
}
