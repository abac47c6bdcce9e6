import { CardumeError } from '@cardume/client';
import type { After } from './tunnel.ts';

/** Somebody wants a peer. */
export interface ListenNews {
  /** 64 hex digits; empty: nobody does, and the stream lives. */
  tunnelId: string;
  /** Where it is to be accepted; undefined: here. */
  caller?: CallerAddress;
}

/** Where a peer is that wants another one. */
export interface CallerAddress {
  host: string;
  port: number;
  peerId: string;
}

const lives: ListenNews = { tunnelId: '' };

/** A peer that listens: it is told who wants it. */
export class Listener {
  readonly #after: After;
  readonly #maxWaiting: number;
  readonly #news: ListenNews[] = [];
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** @param maxWaiting how many tunnels it may not have heard of yet */
  constructor(after: After, maxWaiting: number) {
    this.#after = after;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws CardumeError LIMIT_REACHED when it does not take what it is told */
  tell(news: ListenNews): void {
    if (this.#news.length >= this.#maxWaiting) {
      throw new CardumeError('LIMIT_REACHED', 'the peer has too many callers that wait for it; try again', {
        metadata: { limit: 'maxWaitingTunnelsPerPeer' },
        retryDelayMs: 1_000,
      });
    }
    this.#news.push(news);
    this.#wake?.();
  }

  /** The same peer listens anew, or its stream has ended: nobody is told any more. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  /**
   * Waits for the next one.
   *
   * @returns one without an id when there was none for so long; undefined: the stream is to end
   */
  async next(idleMs: number): Promise<ListenNews | undefined> {
    if (this.#news.length === 0 && !this.#isClosed) await this.#comes(idleMs);
    return this.#isClosed ? undefined : (this.#news.shift() ?? lives);
  }

  async #comes(idleMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const callOff = this.#after(idleMs, resolve);
    await promise;
    callOff();
    this.#wake = undefined;
  }
}
