import { messageOf } from '@cardume/client/errors';
import type { ScannedFile } from './scanned-file.ts';

/** A file that is to be hashed, in the state that its stamp tells. */
export type FileToHash = Pick<ScannedFile, 'path' | 'sizeBytes' | 'stamp'>;

/** Pieces of a file, one after the other. */
export interface PieceRange {
  firstPiece: number;
  /** The first one that is no part of it. */
  endPiece: number;
}

/** What a thread is asked to do. */
export type HashTask =
  /** To hash small files. It may stop early, and then gives outcomes of the first ones only. */
  | { kind: 'files'; files: FileToHash[] }
  /** To hash a range of a large file, so that several threads can share it. */
  | { kind: 'range'; file: FileToHash; pieceLengthBytes: number; range: PieceRange }
  /** To make a large file's digest of its piece hashes. */
  | { kind: 'digest'; sizeBytes: number; pieceLengthBytes: number; pieceHashes: Uint8Array };

/** Why a file has no digest. */
export type HashFailure =
  /** It is not, or no longer, in the state that its stamp tells. */
  | { result: 'changed' }
  | { result: 'gone' }
  /** `mayPass`: the same file may well be readable a minute later. */
  | { result: 'unreadable'; problem: string; mayPass: boolean };

/** What becomes of a file when something else than the file was to blame. */
export function hashFailure(error: unknown): HashFailure {
  return { result: 'unreadable', problem: `it could not be hashed: ${messageOf(error)}`, mayPass: true };
}

/** What became of hashing a file. */
export type FileOutcome =
  /** `pieceHashes` at the file's usual piece length; undefined when it has no more than one piece. */
  { result: 'hashed'; digest: string; pieceHashes: Uint8Array | undefined } | HashFailure;

/** What became of hashing a range: the hashes of its pieces, 32 bytes each. */
export type RangeOutcome = { result: 'hashed'; pieceHashes: Uint8Array } | HashFailure;
