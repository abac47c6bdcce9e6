import type { DatabaseSync } from 'node:sqlite';
import { hashLengthBytes, type Manifest } from '@cardume/client';
import type { PieceHashes } from '../core/large-file.ts';
import type { ScannedFile } from '../core/scanned-file.ts';

/** A file in the state that its stamp tells. */
export type FileState = Pick<ScannedFile, 'path' | 'stamp'>;

/** What a file hashed to. */
export interface HashedFile {
  file: FileState;
  /** At the file's usual piece length. */
  manifest: Manifest;
}

/** Remembers what files hashed to, so that a restart need not hash again what did not change. */
export interface DigestCache {
  /** The digest of a file in the state that its stamp tells; undefined when that was not hashed. */
  find(file: FileState): string | undefined;
  /** Keeps what files hashed to: all of them or, when it throws, none. */
  keep(files: readonly HashedFile[]): void;
  /** The manifest of files that have the same content, at its usual piece length; undefined when none is known. */
  manifest(files: readonly FileState[]): Manifest | undefined;
  /** Keeps hashes of a large file's pieces, while the rest of it is still being hashed. */
  keepPieces(file: FileState, pieceLengthBytes: number, hashes: PieceHashes): void;
  /** The hashes of a large file's first pieces, as many as were kept; none when it changed. Others of it are removed. */
  pieces(file: FileState, pieceLengthBytes: number): Buffer;
  /** The files that follow a path in the order of paths, whether hashed as a whole or in part. Begin with ''. */
  filesAfter(path: string, count: number): FileState[];
  /** Forgets files. */
  forget(paths: readonly string[]): void;
}

/** Opens the cache in a peer's state. What its functions throw is SQLite's: the disk is full, or fails. */
export function openDigestCache(database: DatabaseSync): DigestCache {
  const find = database.prepare('SELECT digest FROM digests WHERE path = ? AND stamp = ?');
  const keep = database.prepare(
    'INSERT OR REPLACE INTO digests (path, stamp, size_bytes, digest, piece_length_bytes, piece_hashes) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const manifest = database.prepare(
    'SELECT digest, size_bytes, piece_length_bytes, piece_hashes FROM digests WHERE path = ? AND stamp = ?',
  );
  const keepPieces = database.prepare(
    'INSERT OR REPLACE INTO pieces (path, first_piece, stamp, piece_length_bytes, piece_hashes) VALUES (?, ?, ?, ?, ?)',
  );
  const removeOtherPieces = database.prepare(
    'DELETE FROM pieces WHERE path = ? AND (stamp <> ? OR piece_length_bytes <> ?)',
  );
  const pieces = database.prepare('SELECT first_piece, piece_hashes FROM pieces WHERE path = ? ORDER BY first_piece');
  const filesAfter = database.prepare(
    'SELECT path, stamp FROM (SELECT path, stamp FROM digests UNION SELECT path, stamp FROM pieces) WHERE path > ? ORDER BY path LIMIT ?',
  );
  const remove = database.prepare('DELETE FROM digests WHERE path = ?');
  const removePieces = database.prepare('DELETE FROM pieces WHERE path = ?');

  const atOnce = (change: () => void): void => {
    database.exec('BEGIN');
    try {
      change();
      database.exec('COMMIT');
    } catch (error) {
      // SQLite has rolled back by itself when its disk is full.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };

  return {
    find({ path, stamp }) {
      const digest = find.get(path, stamp)?.digest;
      return typeof digest === 'string' ? digest : undefined;
    },
    keep(files) {
      if (files.length === 0) return;
      atOnce(() => {
        for (const { file, manifest } of files) {
          const { sizeBytes, digest, pieceLengthBytes, pieceHashes } = manifest;
          keep.run(file.path, file.stamp, sizeBytes, digest, pieceLengthBytes, pieceHashes);
          removePieces.run(file.path);
        }
      });
    },
    manifest(files) {
      for (const { path, stamp } of files) {
        const row = manifest.get(path, stamp);
        if (row === undefined || !ArrayBuffer.isView(row.piece_hashes)) continue;
        return {
          digest: String(row.digest),
          sizeBytes: Number(row.size_bytes),
          pieceLengthBytes: Number(row.piece_length_bytes),
          pieceHashes: bufferOf(row.piece_hashes),
        };
      }
      return undefined;
    },
    keepPieces({ path, stamp }, pieceLengthBytes, { firstPiece, pieceHashes }) {
      keepPieces.run(path, firstPiece, stamp, pieceLengthBytes, pieceHashes);
    },
    pieces({ path, stamp }, pieceLengthBytes) {
      removeOtherPieces.run(path, stamp, pieceLengthBytes);
      const kept: Buffer[] = [];
      let count = 0;
      for (const { first_piece: first, piece_hashes: hashes } of pieces.iterate(path)) {
        if (first !== count || !ArrayBuffer.isView(hashes)) break;
        kept.push(bufferOf(hashes));
        count += hashes.byteLength / hashLengthBytes;
      }
      return Buffer.concat(kept);
    },
    filesAfter(path, count) {
      return filesAfter.all(path, count).map((row) => ({ path: String(row.path), stamp: String(row.stamp) }));
    },
    forget(paths) {
      atOnce(() => {
        for (const path of paths) {
          remove.run(path);
          removePieces.run(path);
        }
      });
    },
  };
}

function bufferOf({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
