import type { PieceMask } from './piece-mask.ts';
import { SourceRate } from './source-rate.ts';

/** For how long a source that is asked may bring nothing before it counts as stalled, in milliseconds. */
export const swarmStallMs = 1_500;

/** What a source knows of a request that it got. */
export interface SourceRequest {
  readonly id: number;
  /** How many bytes it asks for. */
  readonly lengthBytes: number;
  receivedBytes: number;
}

/** What a progress display says of a source. */
export interface SourceFigures {
  id: string;
  /** Whether it has every piece. */
  isWhole: boolean;
  /** Over the last seconds in which it had something to bring; undefined: not known yet. */
  bytesPerSecond: number | undefined;
  receivedBytes: number;
  /** Of pieces that it was the first to bring. */
  verifiedBytes: number;
  /** How many requests it got, and how many of them run now. */
  requests: number;
  running: number;
  /** How often it brought nothing for 1.5 s while it was asked, and whether it does so now. */
  stalls: number;
  isStalled: boolean;
}

/** A source as the planner knows it. */
export class SwarmSource {
  readonly id: string;
  /** Which pieces it has; undefined: all, from the beginning. */
  readonly has: PieceMask | undefined;
  readonly running = new Set<SourceRequest>();
  receivedBytes = 0;
  verifiedBytes = 0;
  requests = 0;
  /** What it adds to the rate of all; undefined: its own is not known yet. */
  countedBytesPerSecond: number | undefined;
  readonly #rate: SourceRate;
  #stalls = 0;
  #lastSignMs: number;

  constructor(id: string, has: PieceMask | undefined, nowMs: number) {
    this.id = id;
    this.has = has;
    this.#rate = new SourceRate(nowMs);
    this.#lastSignMs = nowMs;
  }

  get isWhole(): boolean {
    return this.has === undefined || this.has.size === this.has.pieceCount;
  }

  hasPiece(piece: number): boolean {
    return this.has === undefined || this.has.has(piece);
  }

  begin(request: SourceRequest, nowMs: number): void {
    if (this.running.size === 0) this.#lastSignMs = nowMs;
    this.running.add(request);
    this.requests += 1;
    this.#rate.setBusy(true, nowMs);
  }

  /** How many of its connections are busy for a while: one that is nearly done is about to be asked for more. */
  get lanesWithWork(): number {
    let lanes = 0;
    for (const { lengthBytes, receivedBytes } of this.running)
      lanes += Number(lengthBytes - receivedBytes > lengthBytes / 4);
    return lanes;
  }

  end(request: SourceRequest, nowMs: number): void {
    this.#sign(nowMs);
    this.running.delete(request);
    this.#rate.setBusy(this.running.size > 0, nowMs);
  }

  received(bytes: number, nowMs: number): void {
    this.#sign(nowMs);
    this.receivedBytes += bytes;
    this.#rate.received(bytes, nowMs);
  }

  bytesPerSecond(nowMs: number): number | undefined {
    return this.isStalled(nowMs) ? 0 : this.#rate.bytesPerSecond(nowMs);
  }

  isStalled(nowMs: number): boolean {
    return this.running.size > 0 && nowMs - this.#lastSignMs > swarmStallMs;
  }

  figures(nowMs: number): SourceFigures {
    const { id, isWhole, receivedBytes, verifiedBytes, requests, running } = this;
    const isStalled = this.isStalled(nowMs);
    const stalls = this.#stalls + Number(isStalled);
    const bytesPerSecond = this.bytesPerSecond(nowMs);
    return {
      id,
      isWhole,
      bytesPerSecond,
      receivedBytes,
      verifiedBytes,
      requests,
      running: running.size,
      stalls,
      isStalled,
    };
  }

  #sign(nowMs: number): void {
    if (this.isStalled(nowMs)) this.#stalls += 1;
    this.#lastSignMs = nowMs;
  }
}
