import { CardumeError } from '@cardume/client';
import { callerHost } from './caller-host.ts';
import { slotRetryDelayMs } from './limits.ts';

/** Lets so many callers do something at once, and no more. */
export interface Slots {
  /** How many there are. */
  readonly count: number;
  /** How many are taken now. */
  readonly taken: number;
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
    count,
    get taken() {
      return taken;
    },
    take() {
      if (taken >= count) throw limitReached(`this server serves ${count} at once already`, limit);
      taken += 1;
      return once(() => {
        taken -= 1;
      });
    },
  };
}

/** Lets each caller do something so many times at once, and no more. */
export interface CallerSlots {
  /**
   * Takes a slot of a caller.
   *
   * @returns gives it back; safe to call twice
   * @throws CardumeError LIMIT_REACHED when the caller has all of its own
   */
  take(caller: string): () => void;
}

/**
 * Makes slots for each caller. Only callers that hold one take memory.
 *
 * @param limit the bound's name in docs/limits.md
 */
export function createCallerSlots(countPerCaller: number, limit: string): CallerSlots {
  const takenBy = new Map<string, number>();
  return {
    take(caller) {
      const taken = takenBy.get(caller) ?? 0;
      if (taken >= countPerCaller) {
        throw limitReached(`this server serves ${countPerCaller} at once to you, or your address, already`, limit);
      }
      takenBy.set(caller, taken + 1);
      return once(() => {
        const left = (takenBy.get(caller) ?? 1) - 1;
        if (left === 0) takenBy.delete(caller);
        else takenBy.set(caller, left);
      });
    },
  };
}

/** Slots of a server, and those of each caller among them. */
export interface SharedSlots {
  slots: Slots;
  callerSlots: CallerSlots;
}

/**
 * Takes a slot for a call.
 *
 * @param transportPeer where it comes from, as the transport says it
 * @param peerId who calls, as its certificate says: it tells callers apart that have no address, as those through a relay
 * @returns gives it back; safe to call twice
 * @throws CardumeError LIMIT_REACHED when there is none left, or none for this caller
 */
export function takeSlot(shared: SharedSlots, transportPeer: string, peerId?: string): () => void {
  return takeSlotOf(shared, callerHost(transportPeer) ?? (peerId === undefined ? 'unknown' : `peer ${peerId}`));
}

/** The same for a caller that is told by another name than its address, as its user. */
export function takeSlotOf({ slots, callerSlots }: SharedSlots, caller: string): () => void {
  const giveBackOwn = callerSlots.take(caller);
  try {
    const giveBack = slots.take();
    return () => {
      giveBack();
      giveBackOwn();
    };
  } catch (error) {
    giveBackOwn();
    throw error;
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

function limitReached(what: string, limit: string): CardumeError {
  return new CardumeError('LIMIT_REACHED', `${what} (${limit}); try again`, {
    metadata: { limit },
    retryDelayMs: slotRetryDelayMs,
  });
}
