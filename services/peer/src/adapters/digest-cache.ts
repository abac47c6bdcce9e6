import type { DatabaseSync } from 'node:sqlite';
import type { Manifest } from '@cardume/client';
import type { ScannedFile } from '../core/scanned-file.ts';

/** Remembers what files hashed to, so that a restart need not hash again what did not change. */
export interface DigestCache {
  /** The digest of a file in the state that its stamp tells; undefined when that was not hashed. */
  find(file: ScannedFile): string | undefined;
  keep(file: ScannedFile, manifest: Manifest): void;
  /** The manifest of a digest, at its file's usual piece length. */
  manifest(digest: string): Manifest | undefined;
  /**
   * Forgets the files that are gone.
   *
   * @param isGone says so of a path
   */
  forget(isGone: (path: string) => boolean): void;
}

export function openDigestCache(database: DatabaseSync): DigestCache {
  const find = database.prepare('SELECT digest FROM digests WHERE path = ? AND stamp = ?');
  const keep = database.prepare(
    'INSERT OR REPLACE INTO digests (path, stamp, size_bytes, digest, piece_length_bytes, piece_hashes) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const manifest = database.prepare(
    'SELECT size_bytes, piece_length_bytes, piece_hashes FROM digests WHERE digest = ? LIMIT 1',
  );
  const paths = database.prepare('SELECT path FROM digests');
  const remove = database.prepare('DELETE FROM digests WHERE path = ?');
  return {
    find({ path, stamp }) {
      const digest = find.get(path, stamp)?.digest;
      return typeof digest === 'string' ? digest : undefined;
    },
    keep({ path, stamp }, { sizeBytes, digest, pieceLengthBytes, pieceHashes }) {
      keep.run(path, stamp, sizeBytes, digest, pieceLengthBytes, pieceHashes);
    },
    manifest(digest) {
      const row = manifest.get(digest);
      if (row === undefined || !ArrayBuffer.isView(row.piece_hashes)) return undefined;
      return {
        digest,
        sizeBytes: Number(row.size_bytes),
        pieceLengthBytes: Number(row.piece_length_bytes),
        pieceHashes: Buffer.from(row.piece_hashes.buffer, row.piece_hashes.byteOffset, row.piece_hashes.byteLength),
      };
    },
    forget(isGone) {
      const gone: string[] = [];
      for (const { path } of paths.iterate()) if (typeof path === 'string' && isGone(path)) gone.push(path);
      database.exec('BEGIN');
      try {
        for (const path of gone) remove.run(path);
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
  };
}
