import type { CardumeError } from '../../errors/cardume-error.ts';

/** A stream of downloaded bytes under way. */
export interface ReceivingCall {
  /** Settles when the stream has ended and all of it was handed on; rejects with a CardumeError. */
  readonly ended: Promise<void>;
  /** Takes no more: what is on its way, a window of it at the most, is kept, and the holder then waits. */
  pause(): void;
  resume(): void;
  /**
   * Ends the stream at once. `ended` rejects with the error, unless it has settled. When that is TIMED_OUT, and nothing else has come
   * on the connection either, it may be dead: further calls are made on another one.
   */
  cancel(error: CardumeError): void;
}
