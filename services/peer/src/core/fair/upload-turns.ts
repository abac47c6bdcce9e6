import { TokenBucket } from '@cardume/client';
import { largePartOfBytes, maxChunkTurnMs } from '../limits.ts';
import { type FairItem, FairOrder } from './fair-order.ts';

/** A chunk that waits to leave. */
export interface WaitingChunk extends FairItem {
  /** Whether it is of a small request. */
  readonly isSmall: boolean;
}

/** The limits in bytes per second, as they are now; each function may say undefined: no bound. */
export interface UploadRates {
  /** Of all uploads together. */
  all?: (() => number | undefined) | undefined;
  /** Of each caller. */
  each?: (() => number | undefined) | undefined;
}

/** The chunk that leaves now, and is counted; or in how many milliseconds, at the latest, to ask again. */
export type NextTurn<Chunk> = { chunk: Chunk } | { waitMs: number };

/** How many callers' buckets are kept before those are looked for that are full. */
const maxIdleBuckets = 64;

/**
 * Decides which chunk leaves next when uploads are limited, and when. Pure: its user has the clock.
 *
 * - Small requests go before large ones, but while both wait, a quarter of the bytes is the large ones': neither starves.
 * - Among small ones, and among large ones, callers get the same number of bytes: see {@link FairOrder}.
 * - A caller that has what its own limit gives is passed over.
 * - Only what leaves counts: who gives up while it waits costs the others nothing.
 */
export class UploadTurns<Chunk extends WaitingChunk> {
  readonly #rates: UploadRates;
  readonly #all: TokenBucket | undefined;
  readonly #ofCaller = new Map<string, TokenBucket>();
  readonly #small = new FairOrder<Chunk>();
  readonly #large = new FairOrder<Chunk>();
  /** How much more than its part of the bytes was for small ones since both have been waiting. */
  #aheadBytes = 0;

  constructor(rates: UploadRates, nowMs: number) {
    this.#rates = rates;
    this.#all = rates.all === undefined ? undefined : new TokenBucket(rates.all, nowMs);
  }

  add(chunk: Chunk): void {
    this.#orderOf(chunk).add(chunk);
  }

  remove(chunk: Chunk): void {
    this.#orderOf(chunk).remove(chunk);
  }

  /** Undefined: nothing waits. */
  next(nowMs: number): NextTurn<Chunk> | undefined {
    if (this.#small.size + this.#large.size === 0) return undefined;
    const waitMs = this.#all?.take(0, nowMs) ?? 0;
    if (waitMs > 0) return { waitMs };
    const orders = this.#aheadBytes > 0 ? [this.#large, this.#small] : [this.#small, this.#large];
    const mayGo = (caller: string): boolean => this.#waitMsOf(caller, nowMs) === 0;
    for (const order of orders) {
      const chunk = order.first(mayGo);
      if (chunk === undefined) continue;
      this.#count(chunk, nowMs);
      order.take(chunk);
      return { chunk };
    }
    const waits = orders.flatMap((order) => Array.from(order.callers(), (caller) => this.#waitMsOf(caller, nowMs)));
    return { waitMs: Math.min(...waits) };
  }

  #count(chunk: Chunk, nowMs: number): void {
    const { bytes, isSmall, caller } = chunk;
    if (this.#small.size > 0 && this.#large.size > 0) {
      this.#aheadBytes += isSmall ? bytes * largePartOfBytes : bytes * (largePartOfBytes - 1);
    } else {
      this.#aheadBytes = 0;
    }
    // One that was cut while the rate was higher does not keep all others waiting for minutes.
    const counted = (rate: number | undefined): number => Math.min(bytes, ((rate ?? 0) * maxChunkTurnMs) / 1_000);
    this.#all?.take(counted(this.#rates.all?.()), nowMs);
    this.#bucketOf(caller, nowMs)?.take(counted(this.#rates.each?.()), nowMs);
    if (this.#ofCaller.size > maxIdleBuckets) this.#forget(nowMs);
  }

  #waitMsOf(caller: string, nowMs: number): number {
    return this.#ofCaller.get(caller)?.take(0, nowMs) ?? 0;
  }

  #bucketOf(caller: string, nowMs: number): TokenBucket | undefined {
    const { each } = this.#rates;
    if (each === undefined) return undefined;
    const bucket = this.#ofCaller.get(caller) ?? new TokenBucket(each, nowMs);
    this.#ofCaller.set(caller, bucket);
    return bucket;
  }

  /** A new bucket is empty, so that who comes back gets no more than who stayed. */
  #forget(nowMs: number): void {
    for (const [caller, bucket] of this.#ofCaller) if (bucket.isFull(nowMs)) this.#ofCaller.delete(caller);
  }

  #orderOf({ isSmall }: Chunk): FairOrder<Chunk> {
    return isSmall ? this.#small : this.#large;
  }
}
