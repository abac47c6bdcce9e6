import { CardumeError } from '@cardume/client';
import {
  maxCalls,
  maxCallsPerCaller,
  maxHeldRequestBytes,
  maxHeldRequestBytesPerCaller,
  slotRetryDelayMs,
} from '../limits.ts';

/** What the calls of a server are held to. */
export interface CallBounds {
  maxCalls: number;
  maxCallsPerCaller: number;
  /** How many bytes of callers' messages are held at once. */
  maxHeldRequestBytes: number;
  maxHeldRequestBytesPerCaller: number;
}

/** The bounds of a server whose owner says nothing else. */
export const defaultCallBounds: CallBounds = {
  maxCalls,
  maxCallsPerCaller,
  maxHeldRequestBytes,
  maxHeldRequestBytesPerCaller,
};

interface Account {
  calls: number;
  heldBytes: number;
}

/** What one call has of its caller's account. */
export interface CallAccount {
  /**
   * Counts bytes of its messages that are held.
   *
   * @throws CardumeError LIMIT_REACHED when they are too many; they count all the same, until they are let go
   */
  hold(byteLength: number): void;
  /** Lets go of what it holds. */
  release(): void;
  /** The call has ended, and holds nothing. Safe to call twice. */
  close(): void;
}

/** Counts what callers have under way: calls, and bytes of their messages. Only callers with a call take memory. */
export class CallAccounts {
  readonly #bounds: CallBounds;
  readonly #makeRoom: () => boolean;
  readonly #accounts = new Map<string, Account>();
  readonly #all: Account = { calls: 0, heldBytes: 0 };
  // Made once: under a flood of calls, to make one for each would take longer than all else of them.
  readonly #refusals: Record<keyof CallBounds, CardumeError>;

  /** @param makeRoom ends a call that can be done without, where all places are taken; says whether there was one */
  constructor(bounds: CallBounds, makeRoom: () => boolean) {
    this.#bounds = bounds;
    this.#makeRoom = makeRoom;
    this.#refusals = {
      maxCalls: limitReached(`this server has ${bounds.maxCalls} calls open already`, 'maxCalls'),
      maxCallsPerCaller: limitReached(`you have ${bounds.maxCallsPerCaller} calls open already`, 'maxCallsPerCaller'),
      maxHeldRequestBytes: limitReached('the requests under way here are too large', 'maxHeldRequestBytes'),
      maxHeldRequestBytesPerCaller: limitReached(
        'your requests under way are too large together',
        'maxHeldRequestBytesPerCaller',
      ),
    };
  }

  /** How many calls are open. */
  get callCount(): number {
    return this.#all.calls;
  }

  /** How many bytes are held. */
  get heldBytes(): number {
    return this.#all.heldBytes;
  }

  /** How many callers have a call open. */
  get callerCount(): number {
    return this.#accounts.size;
  }

  /**
   * Opens a call of a caller.
   *
   * @throws CardumeError LIMIT_REACHED, the same object each time
   */
  open(caller: string): CallAccount {
    const account = this.#accounts.get(caller) ?? { calls: 0, heldBytes: 0 };
    if (account.calls >= this.#bounds.maxCallsPerCaller) throw this.#refusals.maxCallsPerCaller;
    if (this.#all.calls >= this.#bounds.maxCalls && !this.#makeRoom()) throw this.#refusals.maxCalls;
    this.#accounts.set(caller, account);
    account.calls += 1;
    this.#all.calls += 1;
    let held = 0;
    let isOpen = true;
    const release = (): void => {
      account.heldBytes -= held;
      this.#all.heldBytes -= held;
      held = 0;
    };
    return {
      hold: (byteLength) => {
        if (!isOpen) return;
        held += byteLength;
        account.heldBytes += byteLength;
        this.#all.heldBytes += byteLength;
        this.#checkHeld(account);
      },
      release,
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        release();
        this.#all.calls -= 1;
        account.calls -= 1;
        if (account.calls === 0) this.#accounts.delete(caller);
      },
    };
  }

  #checkHeld(account: Account): void {
    const { maxHeldRequestBytes: most, maxHeldRequestBytesPerCaller: mostOfOne } = this.#bounds;
    if (account.heldBytes > mostOfOne) throw this.#refusals.maxHeldRequestBytesPerCaller;
    if (this.#all.heldBytes > most) throw this.#refusals.maxHeldRequestBytes;
  }
}

function limitReached(what: string, limit: keyof CallBounds): CardumeError {
  return new CardumeError('LIMIT_REACHED', `${what} (${limit}); try again`, {
    metadata: { limit },
    retryDelayMs: slotRetryDelayMs,
  });
}
