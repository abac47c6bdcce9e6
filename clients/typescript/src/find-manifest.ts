import { setTimeout as sleep } from 'node:timers/promises';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import { formatAddress } from './core/address/address.ts';
import type { Manifest } from './core/digest/manifest.ts';
import { usualPieceLength } from './core/digest/piece-length.ts';
import { hopelessWaitMs, isAskedAgainAfter, maxBusyWaitMs, roundDelayMs } from './core/download/holder-rounds.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { cardumeErrorFrom } from './errors/from-unknown.ts';

/** What a manifest is looked for with. */
export interface FindManifestInit {
  digest: string;
  sizeBytes: number;
  peers: PeerPool;
  holders: () => Promise<readonly HolderToTry[]>;
  /** For how long there may be nobody who gives it. */
  holderWaitMs: number;
  onWaiting: () => void;
  signal: AbortSignal;
}

/** What came of it: why each holder that gave none did not, and who is not to be asked again. */
export class ManifestSearch {
  readonly #init: FindManifestInit;
  readonly failures = new Map<string, { holder: HolderToTry; message: string }>();
  readonly dropped = new Set<string>();
  /** How long the busy holders of this round asked to wait; 0 when none is busy. */
  #askedWaitMs = 0;
  /** Whether somebody may give it later. */
  #hasHope = false;

  constructor(init: FindManifestInit) {
    this.#init = init;
  }

  /**
   * Gets the manifest from the first holder that gives it; it proves itself, whoever that is.
   *
   * @throws CardumeError NO_HOLDER_LEFT with no text of its own; CANCELLED
   */
  async find(): Promise<Manifest> {
    const { holderWaitMs, onWaiting, signal } = this.#init;
    const startMs = performance.now();
    let limitMs = holderWaitMs;
    for (let round = 0; ; round++) {
      this.#askedWaitMs = 0;
      this.#hasHope = false;
      const found = await this.#askAll();
      if (found !== undefined) return found;
      // Who is merely busy is waited for longer.
      if (this.#askedWaitMs > 0) limitMs = Math.max(maxBusyWaitMs, holderWaitMs);
      const waitMs = this.#hasHope ? limitMs : Math.min(limitMs, hopelessWaitMs);
      if (performance.now() - startMs >= waitMs) throw new CardumeError('NO_HOLDER_LEFT', 'nobody gives the manifest');
      onWaiting();
      await sleep(roundDelayMs(round, this.#askedWaitMs, Math.random()), undefined, { signal });
    }
  }

  async #askAll(): Promise<Manifest | undefined> {
    const { digest, sizeBytes, peers, holders, signal } = this.#init;
    for (const holder of await holders()) {
      if (this.dropped.has(formatAddress(holder))) continue;
      signal.throwIfAborted();
      try {
        return await peers.use(holder, (peer) =>
          peer.manifest(digest, sizeBytes, usualPieceLength(sizeBytes), { signal }),
        );
      } catch (error) {
        if (signal.aborted) throw error;
        this.#note(holder, cardumeErrorFrom(error));
      }
    }
    return undefined;
  }

  #note(holder: HolderToTry, { reason, message, retryDelayMs = 0 }: CardumeError): void {
    const key = formatAddress(holder);
    this.failures.set(key, { holder, message });
    if (reason === 'LIMIT_REACHED') this.#askedWaitMs = Math.max(this.#askedWaitMs, retryDelayMs, 1);
    if (isAskedAgainAfter(reason)) this.#hasHope = true;
    else this.dropped.add(key);
  }
}
