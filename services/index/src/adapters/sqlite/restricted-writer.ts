import { type FolderSummary, lastPart } from '@cardume/client';
import type { ListEntry } from '../../core/catalog.ts';
import { fold } from '../../core/search/fold.ts';
import type { Database } from './database.ts';
import { emptyDelta, type ListDelta } from './list-delta.ts';
import type { ListWriter } from './list-writer.ts';

interface EntryRow {
  entry_key: number;
  digest: string;
  size_bytes: number;
  /** -1: it is a file. */
  folder_file_count: number;
  folder_size_bytes: number;
  partial: number;
}

/** Makes the writer of lists that are for some users only; its caller holds the transaction. */
export function createRestrictedWriter(database: Database): ListWriter {
  const columns = `entry_key, name, lower(hex(digest)) AS digest, size_bytes, folder_file_count, folder_size_bytes, partial`;
  const find = database.query<EntryRow>(`SELECT ${columns} FROM restricted_entries WHERE peer_key = ? AND name = ?`);
  const some = database.query<EntryRow>(`SELECT ${columns} FROM restricted_entries WHERE peer_key = ? LIMIT ?`);
  const add = database.command(
    `INSERT INTO restricted_entries (peer_key, name, folded, folded_last, digest, size_bytes, folder_file_count,
       folder_size_bytes, partial, modify_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const drop = database.command('DELETE FROM restricted_entries WHERE entry_key = ?');

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
