import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerClient } from './adapters/peer/open-peer.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { hopelessWaitMs, isAskedAgainAfter, maxBusyWaitMs, roundDelayMs } from './core/download/holder-patience.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';
import { startAwakeClock } from './start-awake-clock.ts';

/** A holder, and what it is asked for. */
export interface AskedHolder<Result> {
  holder: HolderToTry;
  /** Another one for each question that a holder may be asked; one that failed for good is not asked again. */
  key: string;
  ask: (peer: PeerClient) => Promise<Result>;
}

/** What holders are asked with. */
export interface HolderRoundsInit<Result> {
  peers: PeerPool;
  /** Those that are known of now, best first; called before each round. */
  holders: () => Promise<readonly AskedHolder<Result>[]>;
  /** For how long there may be nobody who gives it, in milliseconds. */
  holderWaitMs: number;
  /** Nobody gave it in a round, and there will be another one. */
  onWaiting: () => void;
  /** Told of each failure; what it throws ends all. */
  onFailure?: (holder: HolderToTry, error: CardumeError) => void;
  signal: AbortSignal;
}

/**
 * Asks holder after holder for something that proves itself, whoever gives it, and all again after a while: whoever is away or
 * busy may give it later, and new holders turn up.
 */
export class HolderRounds<Result> {
  readonly #init: HolderRoundsInit<Result>;
  /** Why each holder that gave nothing did not, by its key. */
  readonly failures = new Map<string, { holder: HolderToTry; message: string }>();
  /** The keys of those that are not asked again. */
  readonly dropped = new Set<string>();
  /** How long the busy holders of this round asked to wait; 0 when none is busy. */
  #askedWaitMs = 0;
  /** Whether somebody may give it later. */
  #hasHope = false;

  constructor(init: HolderRoundsInit<Result>) {
    this.#init = init;
  }

  /**
   * Gets it from the first holder that gives it.
   *
   * @throws CardumeError NO_HOLDER_LEFT with no text of its own; CANCELLED; what `onFailure` throws
   */
  async find(): Promise<Result> {
    const awake = startAwakeClock(() => performance.now());
    try {
      return await this.#find(() => awake.nowMs());
    } finally {
      awake.stop();
    }
  }

  async #find(spentMs: () => number): Promise<Result> {
    const { holderWaitMs, onWaiting, signal } = this.#init;
    let limitMs = holderWaitMs;
    for (let round = 0; ; round++) {
      this.#askedWaitMs = 0;
      this.#hasHope = false;
      const found = await this.#askAll();
      if (found !== undefined) return found.result;
      // Who is merely busy is waited for longer.
      if (this.#askedWaitMs > 0) limitMs = Math.max(maxBusyWaitMs, holderWaitMs);
      const waitMs = this.#hasHope ? limitMs : Math.min(limitMs, hopelessWaitMs);
      if (spentMs() >= waitMs) throw new CardumeError('NO_HOLDER_LEFT', 'nobody gives it');
      onWaiting();
      await sleep(roundDelayMs(round, this.#askedWaitMs, Math.random()), undefined, { signal });
    }
  }

  async #askAll(): Promise<{ result: Result } | undefined> {
    const { peers, holders, signal } = this.#init;
    for (const asked of await holders()) {
      if (this.dropped.has(asked.key)) continue;
      signal.throwIfAborted();
      try {
        return { result: await peers.use(asked.holder, asked.ask) };
      } catch (error) {
        if (signal.aborted) throw error;
        this.#note(asked, cardumeErrorFrom(error));
      }
    }
    return undefined;
  }

  #note({ key, holder }: AskedHolder<Result>, error: CardumeError): void {
    const { reason, message, retryDelayMs = 0 } = error;
    this.#init.onFailure?.(holder, error);
    this.failures.set(key, { holder, message });
    if (reason === 'LIMIT_REACHED') this.#askedWaitMs = Math.max(this.#askedWaitMs, retryDelayMs, 1);
    if (isAskedAgainAfter(error)) this.#hasHope = true;
    else this.dropped.add(key);
  }
}
