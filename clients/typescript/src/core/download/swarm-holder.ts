import type { CardumeError } from '../../errors/cardume-error.ts';
import type { HolderToTry } from './order-holders.ts';

/** A holder, and what became of it. */
export interface SwarmHolder {
  readonly holder: HolderToTry;
  readonly key: string;
  verifiedBytes: number;
  /** Why it was given up last; undefined: it was not. */
  failure: CardumeError | undefined;
  /** What it brings in a second now; undefined: not known. */
  bytesPerSecond: number | undefined;
  state: 'asked' | 'resting' | 'dropped';
}
