import type { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';

/**
 * Carries an error that a holder caused: another one may do better. Whatever else is thrown while downloading is this
 * machine's own trouble; a holder cannot pass one off for it, whatever reason it puts into its status.
 */
export class HolderFailure {
  readonly error: CardumeError;

  constructor(error: unknown) {
    this.error = cardumeErrorFrom(error);
  }
}
