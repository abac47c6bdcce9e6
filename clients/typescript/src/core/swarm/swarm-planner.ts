import { pieceRange } from '../digest/piece-length.ts';
import type { PieceRun } from '../download/piece-set.ts';
import { rarestRun, sequentialRun } from './choose-run.ts';
import { InFlight, maxRequestsPerPiece } from './in-flight.ts';
import { endOfRoom, lookAheadPieces } from './look-ahead.ts';
import { PieceMask } from './piece-mask.ts';
import { RarityOrder } from './rarity-order.ts';
import { longestRequestBytes, requestBytes } from './request-size.ts';
import { SentElsewhere } from './sent-elsewhere.ts';
import type { SwarmRequest } from './swarm-request.ts';
import { type SourceFigures, SwarmSource } from './swarm-source.ts';
import { findTakeOver } from './take-over.ts';

// As long as no source has brought anything, one is as good as the other.
const guessedBytesPerSecond = 1024 * 1024;
// A source that is slow beyond measure is still better than one that has stalled.
const leastBytesPerSecond = 1024;

/** What a {@link SwarmPlanner} plans for. */
export interface SwarmPlannerInit {
  /** At most 2^20. */
  pieceCount: number;
  pieceLengthBytes: number;
  /** Of the file, of which the last piece may be shorter. */
  sizeBytes: number;
  /** From 0 to below 1, as Math.random: the same numbers give the same plan. */
  random: () => number;
  /** `rarest`: what the fewest have, first. `sequential`: from the beginning on, for who reads along. */
  order: 'rarest' | 'sequential';
  /** The pieces that are here already. Default: none. */
  verified?: Iterable<number>;
  /**
   * Whether two sources may be asked for the same piece, when the first one is slow. Default: true. Not where wrong bytes of one
   * could take the place of right ones of the other.
   */
  mayAskTwice?: boolean;
  /**
   * Of who reads along and keeps only as many pieces as are looked ahead, in sequential order: the first piece that it keeps,
   * asked for again and again; it never goes back. Others are asked for only when there is room. Default: all are kept.
   */
  firstKept?: () => number;
}

/** What a source is to be asked for: the pieces from `first` to before `end`, in order. */
export interface PlannedRequest extends PieceRun {
  requestId: number;
}

/**
 * Decides which source is asked for which run of pieces of one file. Pure: it is told what happens and when (milliseconds
 * of a clock that does not go back), and asked what to do.
 *
 * Its driver tells it of sources and of what they have; calls {@link next} for each connection of a source that is idle, or
 * whose request is nearly done, and asks the source for the run; tells it the bytes as they come, each piece that is
 * verified, and the end of every request, whatever the reason. When {@link next} has nothing for a connection, it is called again
 * after an event that may change that (`have`, `ended`, `addSource`, `removeSource`), and every 250 ms or so: that a source
 * is too slow is seen from nothing happening. A source that lied, or failed for good, is removed.
 *
 * Who owns what: {@link RarityOrder} has the pieces that nobody is asked for; {@link InFlight} has which requests hold the
 * others; a piece is in exactly one of wanted, in flight, verified. Sources hold their rate.
 *
 * What `next`, `have` (for a piece) and `verified` do is bounded however many sources there are; removing a source costs a
 * little for each piece that it had. docs/swarm.md has the rules, and what was measured.
 */
export class SwarmPlanner {
  readonly #init: SwarmPlannerInit;
  readonly #sources = new Map<string, SwarmSource>();
  /** Those that have run the longest first. */
  readonly #running = new Map<number, SwarmRequest>();
  readonly #rarity: RarityOrder;
  readonly #inFlight: InFlight;
  readonly #sentElsewhere: SentElsewhere;
  /** How many partial sources have a piece; whole ones make no difference between pieces. */
  readonly #partialCopies: Uint16Array;
  readonly #verified: PieceMask;
  #verifiedBytes = 0;
  #firstMissing = 0;
  #lastRequestId = 0;
  /** Of the sources whose rate is known, and how many those are. */
  #allBytesPerSecond = 0;
  #ratedSources = 0;

  constructor(init: SwarmPlannerInit) {
    const { pieceCount, random, verified = [] } = init;
    this.#init = init;
    this.#rarity = new RarityOrder(pieceCount, random);
    this.#inFlight = new InFlight(pieceCount);
    this.#sentElsewhere = new SentElsewhere(pieceCount);
    this.#partialCopies = new Uint16Array(pieceCount);
    this.#verified = new PieceMask(pieceCount);
    for (const piece of verified) this.#setVerified(piece);
  }

  /** Whether every piece is verified. */
  get isComplete(): boolean {
    return this.#verified.size === this.#init.pieceCount;
  }

  /** How many bytes of the file are not verified. */
  get remainingBytes(): number {
    return this.#init.sizeBytes - this.#verifiedBytes;
  }

  /** Whether everything is verified that there is room for: who reads along is waited for, and nobody else. */
  get isHeldBack(): boolean {
    return !this.isComplete && this.#nextMissing() >= this.#windowEnd();
  }

  isVerified(piece: number): boolean {
    return this.#verified.has(piece);
  }

  /** The figures of each source that there is now. */
  figures(nowMs: number): SourceFigures[] {
    return [...this.#sources.values()].map((source) => source.figures(nowMs));
  }

  /** Whether a source has a piece that is not verified. */
  isUseful(id: string): boolean {
    const source = this.#sources.get(id);
    if (source === undefined || this.isComplete) return false;
    if (source.has === undefined) return true;
    return source.has.words.some((word, index) => (word & ~(this.#verified.words[index] ?? 0)) !== 0);
  }

  /**
   * Adds a source.
   *
   * @param has the pieces that it has; what is out of bounds is passed over
   * @throws RangeError when there is a source with that id
   */
  addSource(id: string, has: 'all' | Iterable<number>, nowMs: number): void {
    if (this.#sources.has(id)) throw new RangeError(`there is a source ${id} already`);
    const mask = has === 'all' ? undefined : new PieceMask(this.#init.pieceCount);
    this.#sources.set(id, new SwarmSource(id, mask, nowMs));
    if (has !== 'all') this.have(id, has);
  }

  /**
   * Forgets a source. What it was to bring, and nobody else is, will be asked of others.
   *
   * @returns its requests: they are over, and the driver cancels them
   */
  removeSource(id: string, nowMs: number): number[] {
    const source = this.#sources.get(id);
    if (source === undefined) return [];
    const ended = [...source.running].map((request) => request.id);
    for (const requestId of ended) this.ended(requestId, nowMs);
    this.#sources.delete(id);
    if (source.countedBytesPerSecond !== undefined) this.#ratedSources -= 1;
    this.#allBytesPerSecond -= source.countedBytesPerSecond ?? 0;
    for (const piece of source.has ?? []) {
      this.#partialCopies[piece] = (this.#partialCopies[piece] ?? 1) - 1;
      this.#updateRarity(piece);
    }
    return ended;
  }

  /** Says that a partial source has more pieces now. Of a source that is whole, or not known, it says nothing. */
  have(id: string, pieces: Iterable<number>): void {
    const has = this.#sources.get(id)?.has;
    if (has === undefined) return;
    for (const piece of pieces) {
      if (!has.add(piece)) continue;
      this.#partialCopies[piece] = (this.#partialCopies[piece] ?? 0) + 1;
      this.#sentElsewhere.seen(piece);
      this.#updateRarity(piece);
    }
  }

  /**
   * Says that a source is sending pieces to somebody else now. For 30 s, or until a holder of them turns up, they count as
   * less rare: so several who fetch from one source fetch different pieces, and get the rest from each other.
   */
  underway(id: string, pieces: Iterable<number>, nowMs: number): void {
    const source = this.#sources.get(id);
    if (source === undefined) return;
    for (const piece of pieces) {
      if (!this.#isPiece(piece) || !source.hasPiece(piece) || this.#verified.has(piece)) continue;
      if (this.#sentElsewhere.note(piece, nowMs)) this.#updateRarity(piece);
    }
  }

  /**
   * What a source is to be asked for on a connection that has nothing, or nearly nothing, to do. Undefined: nothing now.
   * The run is in flight from then on until {@link ended}.
   */
  next(id: string, nowMs: number): PlannedRequest | undefined {
    const source = this.#sources.get(id);
    if (source === undefined || this.isComplete) return undefined;
    this.#sentElsewhere.forget(nowMs, (piece) => this.#updateRarity(piece));
    const run = this.#wantedRun(source, nowMs) ?? this.#takeOver(source, nowMs);
    return run === undefined ? undefined : this.#begin(source, run, nowMs);
  }

  /** Counts bytes that came for a request; it may be over. */
  received(requestId: number, bytes: number, nowMs: number): void {
    const request = this.#running.get(requestId);
    if (request === undefined) return;
    request.receivedBytes += bytes;
    request.source.received(bytes, nowMs);
    this.#countRate(request.source, nowMs);
  }

  /**
   * Says that a piece is verified, and kept.
   *
   * @param requestId the request that brought it, for the figures of its source
   * @returns the requests that need not go on, since all that they were to bring is here; the driver cancels them, and
   *   says {@link ended} of them as of others. The request that brought the piece is among them when it was its last
   */
  verified(piece: number, requestId?: number): number[] {
    if (!this.#isPiece(piece) || this.#verified.has(piece)) return [];
    this.#setVerified(piece);
    const source = requestId === undefined ? undefined : this.#running.get(requestId)?.source;
    if (source !== undefined) source.verifiedBytes += this.#bytesOf({ first: piece, end: piece + 1 });
    const done: number[] = [];
    for (const id of this.#inFlight.requests(piece)) {
      const request = this.#running.get(id);
      if (request === undefined) continue;
      request.unverifiedPieces -= 1;
      if (request.unverifiedPieces === 0) done.push(id);
    }
    return done;
  }

  /** Says that a request is over: done, failed or cancelled. What it did not bring is to be asked for again. */
  ended(requestId: number, nowMs: number): void {
    const request = this.#running.get(requestId);
    if (request === undefined) return;
    this.#running.delete(requestId);
    request.source.end(request, nowMs);
    for (let piece = request.first; piece < request.end; piece++) {
      this.#inFlight.release(piece, requestId);
      if (!this.#verified.has(piece) && this.#inFlight.count(piece) === 0) this.#rarity.setWanted(piece, true);
    }
    this.#countRate(request.source, nowMs);
  }

  #begin(source: SwarmSource, { first, end }: PieceRun, nowMs: number): PlannedRequest {
    const id = ++this.#lastRequestId;
    const lengthBytes = this.#bytesOf({ first, end });
    const [startedMs, receivedBytes, unverifiedPieces] = [nowMs, 0, end - first];
    const request = { id, source, first, end, lengthBytes, startedMs, receivedBytes, unverifiedPieces };
    this.#running.set(id, request);
    for (let piece = first; piece < end; piece++) {
      this.#rarity.setWanted(piece, false);
      this.#inFlight.hold(piece, id);
    }
    source.begin(request, nowMs);
    return { requestId: id, first, end };
  }

  /** Pieces that nobody is asked for, and the source has. */
  #wantedRun(source: SwarmSource, nowMs: number): PieceRun | undefined {
    if (!this.#rarity.hasWanted(source.has)) return undefined;
    const mostPieces = this.#requestPieces(source, nowMs);
    if (this.#init.order === 'rarest') return rarestRun(this.#rarity, source.has, mostPieces);
    const bounds = { from: this.#nextMissing(), to: Math.min(this.#init.pieceCount, this.#windowEnd()) };
    return sequentialRun(this.#rarity.wanted, source.has, mostPieces, bounds);
  }

  #nextMissing(): number {
    while (this.#verified.has(this.#firstMissing)) this.#firstMissing += 1;
    return this.#firstMissing;
  }

  /** Before which piece those end that may be asked for now, in sequential order. */
  #windowEnd(): number {
    const { pieceLengthBytes, firstKept } = this.#init;
    const ahead = lookAheadPieces(pieceLengthBytes);
    return firstKept === undefined ? this.#nextMissing() + ahead : endOfRoom(firstKept(), ahead);
  }

  /** Whether who reads along has so much before it that nothing need be done twice for it to come sooner. */
  #readerHasEnough(): boolean {
    const { pieceLengthBytes, firstKept } = this.#init;
    return firstKept !== undefined && this.#nextMissing() - firstKept() > lookAheadPieces(pieceLengthBytes) / 2;
  }

  #requestPieces(source: SwarmSource, nowMs: number): number {
    const { pieceLengthBytes, order } = this.#init;
    const bytes = requestBytes({
      bytesPerSecond: source.bytesPerSecond(nowMs),
      allBytesPerSecond: this.#allBytesPerSecond,
      isLone: this.#sources.size === 1 && source.isWhole,
      lanes: source.lanesWithWork + 1,
      wantedBytes: this.#rarity.wanted.size * pieceLengthBytes,
      isSequential: order === 'sequential',
    });
    return Math.max(1, Math.floor(bytes / pieceLengthBytes));
  }

  #takeOver(source: SwarmSource, nowMs: number): PieceRun | undefined {
    const { pieceLengthBytes, sizeBytes, order, mayAskTwice = true } = this.#init;
    if (this.#readerHasEnough()) return undefined;
    const usualBytesPerSecond = this.#usualBytesPerSecond();
    return findTakeOver({
      source,
      bytesPerSecond: this.#expectedBytesPerSecond(source, nowMs) / (source.lanesWithWork + 1),
      running: this.#running.values(),
      isHeldOnce: (piece) =>
        !this.#verified.has(piece) && this.#inFlight.count(piece) < (mayAskTwice ? maxRequestsPerPiece : 1),
      pieceLengthBytes: Math.min(pieceLengthBytes, sizeBytes),
      maxPieces: Math.max(1, Math.floor(longestRequestBytes / pieceLengthBytes)),
      // In order, the first pieces are what is waited for, as the last ones otherwise.
      isEnd: this.#rarity.wanted.size === 0 || order === 'sequential',
      usualBytesPerSecond,
      nowMs,
    });
  }

  /** What a source brings on the average, for those of which nothing is known. */
  #usualBytesPerSecond(): number {
    return this.#ratedSources === 0 ? guessedBytesPerSecond : this.#allBytesPerSecond / this.#ratedSources;
  }

  /** What a source is thought to bring when it is asked for more. It may do better than when it was asked last. */
  #expectedBytesPerSecond(source: SwarmSource, nowMs: number): number {
    if (source.isStalled(nowMs)) return 0;
    return Math.max(source.bytesPerSecond(nowMs) ?? this.#usualBytesPerSecond(), leastBytesPerSecond);
  }

  #countRate(source: SwarmSource, nowMs: number): void {
    const bytesPerSecond = source.bytesPerSecond(nowMs);
    if (bytesPerSecond === undefined) return;
    if (source.countedBytesPerSecond === undefined) this.#ratedSources += 1;
    this.#allBytesPerSecond += bytesPerSecond - (source.countedBytesPerSecond ?? 0);
    source.countedBytesPerSecond = bytesPerSecond;
  }

  #setVerified(piece: number): void {
    if (!this.#verified.add(piece)) return;
    this.#rarity.setWanted(piece, false);
    this.#verifiedBytes += this.#bytesOf({ first: piece, end: piece + 1 });
  }

  #updateRarity(piece: number): void {
    this.#rarity.setLevel(piece, (this.#partialCopies[piece] ?? 0) + this.#sentElsewhere.copies(piece));
  }

  #isPiece(piece: number): boolean {
    return Number.isInteger(piece) && piece >= 0 && piece < this.#init.pieceCount;
  }

  #bytesOf({ first, end }: PieceRun): number {
    const { sizeBytes, pieceLengthBytes } = this.#init;
    const last = pieceRange(end - 1, sizeBytes, pieceLengthBytes);
    return last.end - first * pieceLengthBytes;
  }
}
