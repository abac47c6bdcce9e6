import { CardumeError } from '@cardume/client';
import { slotRetryDelayMs } from '../limits.ts';

/** How many calls are ended at once: each takes some hundred microseconds, in which nobody else is answered. */
const endedAtOnce = 200;

/** A call that waits for a message of its caller. */
export interface WaitingCall {
  /** Ends it, for this reason. */
  giveUp(error: CardumeError): void;
}

/** Knows the calls that wait for their callers, the one that has waited the longest first. */
export class WaitingCalls {
  readonly #timeoutMs: number;
  readonly #since = new Map<WaitingCall, number>();
  // Made once, since very many calls may be ended at a time.
  readonly #tooLate: CardumeError;
  readonly #noRoom: CardumeError;

  /** @param timeoutMs how long a message may take to come */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    const seconds = timeoutMs / 1_000;
    this.#tooLate = new CardumeError(
      'LIMIT_REACHED',
      `your message did not come within ${seconds} s (requestTimeoutMs); send it at once`,
      { metadata: { limit: 'requestTimeoutMs' } },
    );
    this.#noRoom = new CardumeError(
      'LIMIT_REACHED',
      'this server has too many calls that wait for their callers (maxCalls); try again',
      { metadata: { limit: 'maxCalls' }, retryDelayMs: slotRetryDelayMs },
    );
  }

  /** How many wait. */
  get count(): number {
    return this.#since.size;
  }

  /** A call begins to wait. */
  add(call: WaitingCall, nowMs: number): void {
    this.#since.set(call, nowMs);
  }

  /** It has what it waited for, or has ended. */
  delete(call: WaitingCall): void {
    this.#since.delete(call);
  }

  /** Ends those that have waited for too long, or as many of them as nobody notices. */
  endOverdue(nowMs: number): void {
    let left = endedAtOnce;
    for (const [call, sinceMs] of this.#since) {
      if (nowMs - sinceMs < this.#timeoutMs || left-- === 0) return;
      this.#end(call, this.#tooLate);
    }
  }

  /** Ends the one that has waited the longest. @returns whether there was one */
  endFirst(): boolean {
    const [first] = this.#since.keys();
    if (first === undefined) return false;
    this.#end(first, this.#noRoom);
    return true;
  }

  #end(call: WaitingCall, error: CardumeError): void {
    this.#since.delete(call);
    call.giveUp(error);
  }
}
