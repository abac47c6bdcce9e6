import type { FolderSummary } from '@cardume/client';
import type { ListEntry } from '../../core/catalog.ts';
import type { Database } from './database.ts';
import { createFileTable, type NameKey } from './file-table.ts';
import { emptyDelta, type ListDelta } from './list-delta.ts';

/** Writes peers' lists entry by entry; its caller holds the transaction. */
export interface ListWriter {
  /** Adds an entry, or puts it in the place of the one with its name. False when it is new and there is no room. */
  put(peerKey: number, entry: ListEntry, hasRoom: boolean, delta: ListDelta): boolean;
  /** Removes an entry by its name. False when there is none. */
  remove(peerKey: number, name: string, delta: ListDelta): boolean;
  /** Removes at most `limit` entries of a peer, whichever. */
  removeSome(peerKey: number, limit: number): ListDelta;
}

interface Holding {
  name_key: number;
  file_key: number;
  partial: number;
  size_bytes: number;
  /** -1: it is a file. */
  folder_file_count: number;
  folder_size_bytes: number;
}

/** Makes a writer. */
export function createListWriter(database: Database): ListWriter {
  const files = createFileTable(database);
  const holdings = `SELECT h.name_key, h.file_key, h.partial, f.size_bytes, f.folder_file_count, f.folder_size_bytes
    FROM holdings h JOIN files f ON f.file_key = h.file_key`;
  const findHolding = database.query<Holding>(`${holdings} WHERE h.peer_key = ? AND h.name_key = ?`);
  const someHoldings = database.query<Holding>(`${holdings} WHERE h.peer_key = ? LIMIT ?`);
  const isHeld = database.query('SELECT 1 FROM holdings WHERE file_key = ? LIMIT 1');
  const addHolding = database.command(
    'INSERT INTO holdings (peer_key, name_key, file_key, partial, modify_ms) VALUES (?, ?, ?, ?, ?)',
  );
  const findDigest = database.query<{ digest: string }>(
    'SELECT lower(hex(digest)) AS digest FROM files WHERE file_key = ?',
  );
  const dropHolding = database.command('DELETE FROM holdings WHERE peer_key = ? AND name_key = ?');

  const holdingOf = (peerKey: number, nameKey: number | undefined): Holding | undefined =>
    nameKey === undefined ? undefined : findHolding.get(peerKey, nameKey);

  const release = (peerKey: number, holding: Holding, delta: ListDelta): void => {
    dropHolding.run(peerKey, holding.name_key);
    delta.entryCount -= 1;
    const sizeBytes = holding.folder_file_count === -1 ? holding.size_bytes : undefined;
    if (sizeBytes === undefined) delta.folderCount -= 1;
    else delta.entryBytes -= BigInt(sizeBytes);
    if (isHeld.get(holding.file_key) === undefined) {
      files.drop(holding.file_key, holding.name_key, sizeBytes, delta);
    } else if (holding.partial === 0) {
      files.uncountWhole(holding.file_key);
    }
  };

  const nameKeyOf = (name: string, knownKey: number | undefined): NameKey =>
    knownKey === undefined ? { key: files.addName(name), isNew: true } : { key: knownKey, isNew: false };

  /** Whether an entry says what the holding in its place says, but for the time of modification. */
  const isSame = (old: Holding | undefined, { digest, sizeBytes, partial, folder }: ListEntry): boolean => {
    if (old === undefined) return false;
    const was = folderOf(old);
    return (
      old.size_bytes === sizeBytes &&
      old.partial === (partial ? 1 : 0) &&
      was?.fileCount === folder?.fileCount &&
      was?.totalSizeBytes === folder?.totalSizeBytes &&
      findDigest.get(old.file_key)?.digest === digest
    );
  };

  return {
    put(peerKey, entry, hasRoom, delta) {
      const knownKey = files.findName(entry.name);
      const old = holdingOf(peerKey, knownKey);
      if (old === undefined && !hasRoom) return false;
      if (!isSame(old, entry)) delta.changes.added.push(entry);
      if (old !== undefined) release(peerKey, old, delta);
      const name = nameKeyOf(entry.name, old === undefined ? knownKey : files.findName(entry.name));
      const fileKey = files.countedFileOf(name, entry, delta);
      addHolding.run(peerKey, name.key, fileKey, entry.partial ? 1 : 0, entry.modifyMs ?? null);
      delta.entryCount += 1;
      if (entry.folder === undefined) delta.entryBytes += BigInt(entry.sizeBytes);
      else delta.folderCount += 1;
      return true;
    },
    remove(peerKey, name, delta) {
      const holding = holdingOf(peerKey, files.findName(name));
      if (holding === undefined) return false;
      const { digest = '' } = findDigest.get(holding.file_key) ?? {};
      delta.changes.removed.push({ name, digest, sizeBytes: holding.size_bytes, folder: folderOf(holding) });
      release(peerKey, holding, delta);
      return true;
    },
    removeSome(peerKey, limit) {
      const delta = emptyDelta();
      for (const holding of someHoldings.all(peerKey, limit)) release(peerKey, holding, delta);
      return delta;
    },
  };
}

function folderOf({
  folder_file_count: fileCount,
  folder_size_bytes: totalSizeBytes,
}: Holding): FolderSummary | undefined {
  return fileCount === -1 ? undefined : { fileCount, totalSizeBytes };
}
