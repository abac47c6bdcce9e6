import { lastPart } from '@cardume/client';
import type { ListEntry } from '../../core/catalog.ts';
import { fold } from '../../core/search/fold.ts';
import type { Database } from './database.ts';
import type { ListDelta } from './list-delta.ts';

/** The names and files that lists point at: each is there while someone lists it. */
export interface FileTable {
  /** The key of a name; undefined when nobody lists it. */
  findName(name: string): number | undefined;
  /** Adds a name that nobody lists yet; returns its key. */
  addName(name: string): number;
  /** The key of a file, with one whole holder more, unless the entry is partial. It is added when it is new. */
  countedFileOf(name: NameKey, entry: ListEntry, delta: ListDelta): number;
  /** Counts one whole holder less. */
  uncountWhole(fileKey: number): void;
  /**
   * Drops a file, and its name with it when no other content has that name.
   *
   * @param sizeBytes undefined: it is a folder
   */
  drop(fileKey: number, nameKey: number, sizeBytes: number | undefined, delta: ListDelta): void;
}

/** A name, and whether it was added just now, so that there is no file of it. */
export interface NameKey {
  key: number;
  isNew: boolean;
}

/** What is stored of a file in the columns of folders. */
const noFolder = { fileCount: -1, totalSizeBytes: 0 };

/** Makes the table's access; its caller holds the transaction. */
export function createFileTable(database: Database): FileTable {
  const findName = database.query<{ name_key: number }>('SELECT name_key FROM names WHERE name = ?');
  const addName = database.insert('INSERT INTO names (name, folded, folded_last) VALUES (?, ?, ?)');
  const addTrigrams = database.command('INSERT INTO name_trigrams (rowid, folded) VALUES (?, ?)');
  const dropName = database.command('DELETE FROM names WHERE name_key = ?');
  const dropTrigrams = database.command('DELETE FROM name_trigrams WHERE rowid = ?');
  const findFile = database.query<{ file_key: number }>(
    `SELECT file_key FROM files
     WHERE name_key = ? AND digest = ? AND size_bytes = ? AND folder_file_count = ? AND folder_size_bytes = ?`,
  );
  const addFile = database.insert(
    `INSERT INTO files (name_key, digest, size_bytes, folder_file_count, folder_size_bytes, whole_count)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const countWhole = database.command('UPDATE files SET whole_count = whole_count + ? WHERE file_key = ?');
  const dropFile = database.command('DELETE FROM files WHERE file_key = ?');
  const hasFile = database.query('SELECT 1 FROM files WHERE name_key = ? LIMIT 1');

  return {
    findName: (name) => findName.get(name)?.name_key,
    addName(name) {
      const folded = fold(name);
      const nameKey = addName.run(name, folded, fold(lastPart(name)));
      addTrigrams.run(nameKey, folded);
      return nameKey;
    },
    countedFileOf({ key, isNew }, { digest, sizeBytes, folder, partial }, delta) {
      const { fileCount, totalSizeBytes } = folder ?? noFolder;
      const identity = [key, Buffer.from(digest, 'hex'), sizeBytes, fileCount, totalSizeBytes] as const;
      const found = isNew ? undefined : findFile.get(...identity);
      if (found !== undefined) {
        if (!partial) countWhole.run(1, found.file_key);
        return found.file_key;
      }
      if (folder === undefined) {
        delta.fileCount += 1;
        delta.fileBytes += BigInt(sizeBytes);
      }
      return addFile.run(...identity, partial ? 0 : 1);
    },
    uncountWhole(fileKey) {
      countWhole.run(-1, fileKey);
    },
    drop(fileKey, nameKey, sizeBytes, delta) {
      dropFile.run(fileKey);
      if (sizeBytes !== undefined) {
        delta.fileCount -= 1;
        delta.fileBytes -= BigInt(sizeBytes);
      }
      if (hasFile.get(nameKey) !== undefined) return;
      dropName.run(nameKey);
      dropTrigrams.run(nameKey);
    },
  };
}
