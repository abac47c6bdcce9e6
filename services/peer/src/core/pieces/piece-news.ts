import type { PieceRun, PieceSet } from '@cardume/client';

/** Which pieces of a file there are; it takes the place of all that was told before. */
export interface PiecesState {
  kind: 'state';
  sizeBytes: number;
  pieceLengthBytes: number;
  /** Undefined: all. */
  have: PieceSet | undefined;
  /** Those that are being sent to somebody. */
  underway: PieceRun[];
}

/** What is new of a file's pieces since it was told last. */
export interface PiecesChange {
  kind: 'change';
  added: PieceRun[];
  /** Those that somebody is being sent now, and nobody was. */
  underway: PieceRun[];
  /** Those that nobody is being sent any more. */
  ended: PieceRun[];
  /** Whether all of them are there now, and were not. */
  complete: boolean;
}
