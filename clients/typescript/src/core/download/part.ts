import type { Manifest } from '../digest/manifest.ts';
import type { PieceRun, PieceSet } from './piece-set.ts';

/** Where a download keeps the pieces that came: all of them in a file that is to get a name, or some in a ring. */
export interface Part {
  readonly manifest: Manifest;
  /** The pieces that are verified, and are or were kept. */
  readonly verified: PieceSet;
  /** Whether wrong bytes never take the place of right ones: see `RangeJob`. */
  readonly comparesBeforeWriting: boolean;
  /** The open file, for who writes segments into it. */
  readonly descriptor: number;
  /** Of a ring, its length: see `RangeJob`. */
  readonly ringBytes?: number;
  /** Of a ring, the first piece whose place is taken: see `RingPlaces`. */
  readonly firstKept?: number;
  /**
   * Says that a request is about to write something of pieces.
   *
   * @returns whether nothing was before of any of them, so that there is a hole, which reads as zeros
   */
  touch(run: PieceRun): boolean;
  /** Says that the request writes nothing of those pieces any more; of each that it touched, once. */
  release?(run: PieceRun): void;
  /**
   * Notes that pieces are written and verified.
   *
   * @returns those that were not yet, and their length in bytes
   */
  noteVerified(pieces: readonly number[]): Promise<{ isNew: number[]; bytes: number }>;
}
