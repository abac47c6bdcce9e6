import { CardumeError } from '@cardume/client';
import { slotRetryDelayMs } from './limits.ts';

/** Lets so many callers do something at once, and no more. */
export interface Slots {
  /**
   * Takes a slot.
   *
   * @returns gives it back; safe to call twice
   * @throws CardumeError LIMIT_REACHED when all are taken
   */
  take(): () => void;
}

/**
 * Makes slots.
 *
 * @param limit the bound's name in docs/limits.md
 */
export function createSlots(count: number, limit: string): Slots {
  let taken = 0;
  return {
    take() {
      if (taken >= count) {
        throw new CardumeError('LIMIT_REACHED', `this peer serves ${count} at once already (${limit}); try again`, {
          metadata: { limit },
          retryDelayMs: slotRetryDelayMs,
        });
      }
      taken += 1;
      let held = true;
      return () => {
        if (held) taken -= 1;
        held = false;
      };
    },
  };
}
