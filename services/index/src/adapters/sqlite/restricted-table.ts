import { type FolderSummary, lastPart } from '@cardume/client';
import type { ListEntry } from '../../core/catalog.ts';
import type { EntryHolder, RestrictedList } from '../../core/rights/restricted-lists.ts';
import { fold } from '../../core/search/fold.ts';
import { type EntryHolderRow, entryHolderOf } from '../holder-row.ts';
import type { Database } from './database.ts';
import { emptyDelta, type ListDelta } from './list-delta.ts';
import type { ListWriter } from './list-writer.ts';
import { reportCountAt } from './report-table.ts';

/** The lists that are for some users only; its caller holds the transaction of what is changed. */
export interface RestrictedTable extends ListWriter {
  findListsFor(user: string, nowMs: number, limit: number): RestrictedList[];
  findEntryHolders(entryKeys: readonly number[], nowMs: number): EntryHolder[];
}

interface EntryRow {
  entry_key: number;
  digest: string;
  size_bytes: number;
  /** -1: it is a file. */
  folder_file_count: number;
  folder_size_bytes: number;
  partial: number;
}

/** Makes the table's access. */
export function createRestrictedTable(database: Database): RestrictedTable {
  const columns = `entry_key, name, lower(hex(digest)) AS digest, size_bytes, folder_file_count, folder_size_bytes, partial`;
  const find = database.query<EntryRow>(`SELECT ${columns} FROM restricted_entries WHERE peer_key = ? AND name = ?`);
  const some = database.query<EntryRow>(`SELECT ${columns} FROM restricted_entries WHERE peer_key = ? LIMIT ?`);
  const add = database.command(
    `INSERT INTO restricted_entries (peer_key, name, folded, folded_last, digest, size_bytes, folder_file_count,
       folder_size_bytes, partial, modify_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const drop = database.command('DELETE FROM restricted_entries WHERE entry_key = ?');
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

  const release = (row: EntryRow, delta: ListDelta): void => {
    drop.run(row.entry_key);
    delta.entryCount -= 1;
    if (row.folder_file_count === -1) delta.entryBytes -= BigInt(row.size_bytes);
    else delta.folderCount -= 1;
  };

  return {
    put(peerKey, entry, hasRoom, delta) {
      const old = find.get(peerKey, entry.name);
      if (old === undefined && !hasRoom) return false;
      if (!isSame(old, entry)) delta.changes.added.push(entry);
      if (old !== undefined) release(old, delta);
      const { name, digest, sizeBytes, folder, partial, modifyMs } = entry;
      const { fileCount, totalSizeBytes } = folder ?? { fileCount: -1, totalSizeBytes: 0 };
      const names = [name, fold(name), fold(lastPart(name))] as const;
      const content = [Buffer.from(digest, 'hex'), sizeBytes, fileCount, totalSizeBytes] as const;
      add.run(peerKey, ...names, ...content, partial ? 1 : 0, modifyMs ?? null);
      delta.entryCount += 1;
      if (folder === undefined) delta.entryBytes += BigInt(sizeBytes);
      else delta.folderCount += 1;
      return true;
    },
    remove(peerKey, name, delta) {
      const old = find.get(peerKey, name);
      if (old === undefined) return false;
      delta.changes.removed.push({ name, digest: old.digest, sizeBytes: old.size_bytes, folder: folderOf(old) });
      release(old, delta);
      return true;
    },
    removeSome(peerKey, limit) {
      const delta = emptyDelta();
      for (const row of some.all(peerKey, limit)) release(row, delta);
      return delta;
    },
    findListsFor: (user, nowMs, limit) =>
      lists.all(user, nowMs, limit).map((row) => ({ peerKey: row.peer_key, entryCount: row.file_count })),
    findEntryHolders: (entryKeys, nowMs) => holders.all(JSON.stringify(entryKeys), nowMs).map(entryHolderOf),
  };
}

/** Whether an entry says what is listed under its name, but for the time of modification. */
function isSame(old: EntryRow | undefined, { digest, sizeBytes, partial, folder }: ListEntry): boolean {
  if (old === undefined) return false;
  const was = folderOf(old);
  return (
    old.digest === digest &&
    old.size_bytes === sizeBytes &&
    old.partial === (partial ? 1 : 0) &&
    was?.fileCount === folder?.fileCount &&
    was?.totalSizeBytes === folder?.totalSizeBytes
  );
}

function folderOf({
  folder_file_count: fileCount,
  folder_size_bytes: totalSizeBytes,
}: EntryRow): FolderSummary | undefined {
  return fileCount === -1 ? undefined : { fileCount, totalSizeBytes };
}
