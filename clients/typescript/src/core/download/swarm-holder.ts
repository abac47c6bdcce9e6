import type { CardumeError } from '../../errors/cardume-error.ts';
import type { PathKind } from '../relay/path-kind.ts';
import type { HolderToTry } from './order-holders.ts';

/** A holder, and what became of it. */
export interface SwarmHolder {
  readonly holder: HolderToTry;
  readonly key: string;
  verifiedBytes: number;
  /** How many bytes came from it, verified or not. */
  receivedBytes: number;
  /** How often it was given up for bytes that were wrong. */
  wrongCount: number;
  /** How often it brought nothing for a while when it was asked before, and since it is asked now. */
  earlierStalls: number;
  stalls: number;
  isStalled: boolean;
  /** Of a round trip, as measured when it connected; undefined: not known. */
  roundTripMs: number | undefined;
  /** Why it was given up last; undefined: it was not. */
  failure: CardumeError | undefined;
  /** What it brings in a second now; undefined: not known. */
  bytesPerSecond: number | undefined;
  /** Its place among those who wait for the holder's turn, since it was told last; undefined: it does not wait so. */
  queuePosition: number | undefined;
  state: 'asked' | 'resting' | 'dropped';
  /** How it was reached last; undefined: it was dialled. */
  path?: PathKind | undefined;
}
