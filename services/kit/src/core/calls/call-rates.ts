import { CardumeError } from '@cardume/client';
import { callBurstMs, callersPerPlace, maxRatedCallers, slotRetryDelayMs, strangerCallsPerSecond } from '../limits.ts';
import { TokenBuckets } from '../token-buckets.ts';

/**
 * Whose calls are counted together: those of a member, by its certificate, or those from a place. What comes to this machine
 * from itself without a certificate is not counted: it is of its own programs, which could as well end the server.
 */
export type RatedAs = 'member' | 'place' | 'nobody';

/** Whose call it is. */
export interface RatedCaller {
  ratedAs: RatedAs;
  /** The member, or the place. */
  account: string;
}

/** Lets each caller make so many calls a second over time, and some more at once. */
export class CallRates {
  readonly #members: TokenBuckets;
  readonly #places: TokenBuckets;
  // Made once: who makes too many calls is refused very often.
  readonly #refusal: CardumeError;

  /**
   * @param callsPerSecond of a member; four times as many come from a place. Five seconds' worth of them may be made at once
   * @param nowMs a clock in milliseconds
   * @param areMembersKnown whether callers have certificates: who has none only enrols, and a place has no more than 400 then
   */
  constructor(callsPerSecond: number, nowMs: () => number, areMembersKnown = false) {
    const ofPlace = callsPerSecond * callersPerPlace;
    const buckets = (perSecond: number): TokenBuckets =>
      new TokenBuckets({
        size: (perSecond * callBurstMs) / 1_000,
        windowMs: callBurstMs,
        maxKeys: maxRatedCallers,
        nowMs,
      });
    this.#members = buckets(callsPerSecond);
    this.#places = buckets(areMembersKnown ? Math.min(ofPlace, strangerCallsPerSecond) : ofPlace);
    this.#refusal = new CardumeError(
      'LIMIT_REACHED',
      'you make more calls a second than one caller may here (callsPerSecond); try again',
      { metadata: { limit: 'callsPerSecond' }, retryDelayMs: slotRetryDelayMs },
    );
  }

  /** How many callers take memory. */
  get callerCount(): number {
    return this.#members.keyCount + this.#places.keyCount;
  }

  /**
   * Counts a call.
   *
   * @throws CardumeError LIMIT_REACHED, the same object each time
   */
  take({ ratedAs, account }: RatedCaller): void {
    if (ratedAs === 'nobody') return;
    if (!(ratedAs === 'member' ? this.#members : this.#places).take(account)) throw this.#refusal;
  }
}
