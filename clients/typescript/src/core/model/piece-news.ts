import type { PieceRun } from '../download/piece-set.ts';

/** What a holder says of the pieces of a file. Nothing of it is proven. */
export interface PieceNews {
  /**
   * Whether it takes the place of all that was said before: the first news do, and later ones when the holder has lost
   * pieces, or when there was too much to tell.
   */
  isState: boolean;
  /** Pieces that are there, and were not said to be; in a state, all that are there. */
  added: PieceRun[];
  /**
   * Pieces that the holder is sending to somebody, so that there will soon be another one to get them from. Those that it
   * sends to this caller are among them.
   */
  underway: PieceRun[];
  /** Pieces that it sends to nobody any more. Who got them says so a moment later. */
  ended: PieceRun[];
  /** Whether all pieces are there now; it stays so until a state says otherwise. */
  complete: boolean;
}
