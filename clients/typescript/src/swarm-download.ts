import { setTimeout as sleep } from 'node:timers/promises';
import { openPeer, type PeerClient } from './adapters/peer/open-peer.ts';
import type { PeerPool } from './adapters/peer/peer-pool.ts';
import type { ReceivePlaces } from './adapters/receiving/receive-places.ts';
import { formatAddress } from './core/address/address.ts';
import { Wake } from './core/concurrency/wake.ts';
import { HolderFailure } from './core/download/holder-failure.ts';
import {
  hopelessWaitMs,
  isAskedAgainAfter,
  maxBusyWaitMs,
  queueDelayMs,
  queuePositionOf,
  roundDelayMs,
} from './core/download/holder-patience.ts';
import type { HolderToTry } from './core/download/order-holders.ts';
import type { Part } from './core/download/part.ts';
import type { SwarmHolder } from './core/download/swarm-holder.ts';
import { SwarmPlanner } from './core/swarm/swarm-planner.ts';
import { CardumeError } from './errors/cardume-error.ts';
import { type RunningAwakeClock, startAwakeClock } from './start-awake-clock.ts';
import { SwarmSourceRun } from './swarm-source-run.ts';

/** How many holders are asked at once: more bring nothing, and each costs a connection. */
const maxSources = 32;
/** How often it is looked for new holders: at first those who began with this download turn up, later on few. */
const minRefreshMs = 1_000;
const maxRefreshMs = 5_000;
const refreshPartOfTime = 0.2;
/** How often it is looked at what has changed without a word: a source that has become slow, the time. */
const tickMs = 250;

/** What a download from many holders works with. */
export interface SwarmDownloadInit {
  part: Part;
  peers: PeerPool;
  order: 'rarest' | 'sequential';
  /** Those that are known of now, best first. */
  holders: () => Promise<readonly HolderToTry[]>;
  /** Where bytes are received. */
  places: ReceivePlaces;
  /** For how long there may be nobody who brings anything. */
  holderWaitMs: number;
  /** Called with how many bytes came, and from where; says for how many milliseconds no more may come from there. */
  onReceived: (bytes: number, source: string) => number;
  isPaced: boolean;
  onVerified: (pieces: readonly number[]) => void;
  /** Somebody served wrong bytes. */
  onLiar: (holder: HolderToTry, piece: number) => void;
  /** There is nobody to ask, or somebody again. */
  onWaiting: (isWaiting: boolean) => void;
  random: () => number;
  nowMs: () => number;
  signal: AbortSignal;
}

/**
 * Fetches the missing pieces of a file from all of its holders at once, and from those that turn up meanwhile.
 *
 * Who owns what: the planner decides who is asked for what; this class owns the set of holders, and a {@link SwarmSourceRun} for
 * each that is asked, which owns its connections. A holder that fails costs what it had under way; it rests for a while and
 * is asked again, unless it lied or does not have the file any more.
 */
export class SwarmDownload {
  readonly #init: SwarmDownloadInit;
  readonly #planner: SwarmPlanner;
  readonly #holders = new Map<string, SwarmHolder>();
  /** The nearest place that each holder gave, since it brought something. */
  readonly #nearestPlaces = new Map<string, number>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #runs = new Set<SwarmSourceRun>();
  /** Those to whom a path is being looked for. */
  readonly #approached = new Set<SwarmHolder>();
  /** Those that were listed when it was looked for holders last, by their keys. */
  #listed: ReadonlySet<string> = new Set();
  /** End the rests of those that rest, by their keys. */
  readonly #rests = new Map<string, AbortController>();
  readonly #abort = new AbortController();
  readonly #wake = new Wake();
  #failure: { error: unknown } | undefined;
  /** By which nobody is given up for what a machine that slept did not get. */
  readonly #awake: RunningAwakeClock;
  #lastProgressMs = 0;
  #isBusy = false;
  #isWaiting = false;

  constructor(init: SwarmDownloadInit) {
    this.#init = init;
    const { part, random, order } = init;
    const { sizeBytes, pieceLengthBytes } = part.manifest;
    this.#awake = startAwakeClock(init.nowMs);
    this.#planner = new SwarmPlanner({
      pieceCount: part.verified.pieceCount,
      pieceLengthBytes,
      sizeBytes,
      random,
      order,
      verified: part.verified,
      mayAskTwice: part.comparesBeforeWriting,
      firstKept: part.firstKept === undefined ? undefined : () => part.firstKept ?? 0,
    });
  }

  /** Each holder that was asked, the first first. */
  get holders(): readonly SwarmHolder[] {
    return [...this.#holders.values()];
  }

  /**
   * Runs until every piece is there.
   *
   * @throws CardumeError NO_HOLDER_LEFT with no text of its own; the signal's reason; an error of this machine
   */
  async run(): Promise<void> {
    const { signal } = this.#init;
    const onAbort = (): void => this.#fail(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    try {
      await this.#follow();
    } catch (error) {
      this.#fail(error);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#abort.abort();
      await Promise.all(this.#tasks);
      this.#updateRates();
      this.#awake.stop();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Says that there is room for more pieces. */
  roomMade(): void {
    for (const run of this.#runs) run.wake();
  }

  async #follow(): Promise<void> {
    const startMs = this.#init.nowMs();
    let refreshedMs = Number.NEGATIVE_INFINITY;
    while (!this.#planner.isComplete && this.#failure === undefined) {
      const nowMs = this.#init.nowMs();
      const usualMs = Math.min(maxRefreshMs, (nowMs - startMs) * refreshPartOfTime);
      if (nowMs - refreshedMs >= (this.#runs.size === 0 ? minRefreshMs : Math.max(minRefreshMs, usualMs))) {
        refreshedMs = nowMs;
        await this.#refresh();
      }
      this.#checkProgress(this.#awake.nowMs());
      this.#updateRates();
      const lanesWanted = this.#lanesWanted();
      for (const run of this.#runs) run.fitLanes(lanesWanted, this.#runs.size === 1);
      await this.#wake.next(tickMs);
    }
  }

  /** Begins with holders that are new, and again with those that were away and are back. */
  async #refresh(): Promise<void> {
    const listed = await this.#init.holders();
    const before = this.#listed;
    this.#listed = new Set(listed.map(formatAddress));
    for (const holder of listed) {
      const key = formatAddress(holder);
      const known = this.#holders.get(key);
      if (known !== undefined && !before.has(key)) this.#rests.get(key)?.abort();
      if (this.#tasks.size >= maxSources || known !== undefined) continue;
      const entry: SwarmHolder = {
        holder,
        key,
        verifiedBytes: 0,
        receivedBytes: 0,
        wrongCount: 0,
        earlierStalls: 0,
        stalls: 0,
        isStalled: false,
        roundTripMs: undefined,
        failure: undefined,
        bytesPerSecond: undefined,
        queuePosition: undefined,
        state: 'asked',
      };
      this.#holders.set(key, entry);
      const task = this.#useHolder(entry)
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#tasks.delete(task);
          this.#wakeAll();
        });
      this.#tasks.add(task);
    }
  }

  /** Asks a holder, again and again after it failed, until all is there or it is of no use any more. */
  async #useHolder(entry: SwarmHolder): Promise<void> {
    const { signal } = this.#abort;
    for (let failures = 0; !this.#planner.isComplete && !signal.aborted; failures++) {
      const before = entry.verifiedBytes;
      entry.state = 'asked';
      entry.failure = await this.#failureOf(entry);
      if (entry.failure?.reason === 'BYTES_MISMATCH') entry.wrongCount += 1;
      if (entry.verifiedBytes > before) this.#nearestPlaces.delete(entry.key);
      this.#notePlace(entry);
      entry.state = this.#isDropped(entry) ? 'dropped' : 'resting';
      if (entry.state === 'dropped') return;
      if (entry.verifiedBytes > before) failures = 0;
      const askedMs = entry.failure?.retryDelayMs ?? 0;
      const random = this.#init.random();
      const delayMs =
        entry.queuePosition === undefined ? roundDelayMs(failures, askedMs, random) : queueDelayMs(askedMs, random);
      await this.#rest(entry.key, delayMs);
    }
  }

  /** Waits, until the holder is listed again at the longest. */
  async #rest(key: string, delayMs: number): Promise<void> {
    const listedAgain = new AbortController();
    this.#rests.set(key, listedAgain);
    const signal = AbortSignal.any([this.#abort.signal, listedAgain.signal]);
    await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    this.#rests.delete(key);
  }

  /** Notes the place in a holder's queue. Who comes nearer to its turn is waited for. */
  #notePlace(entry: SwarmHolder): void {
    const place = entry.failure === undefined ? undefined : queuePositionOf(entry.failure);
    entry.queuePosition = place;
    if (place === undefined || place >= (this.#nearestPlaces.get(entry.key) ?? Number.POSITIVE_INFINITY)) return;
    this.#nearestPlaces.set(entry.key, place);
    this.#lastProgressMs = this.#awake.nowMs();
  }

  /** Asks a holder for what it can give; tells how it failed. What is not its fault is thrown. */
  async #failureOf(entry: SwarmHolder): Promise<CardumeError | undefined> {
    this.#approached.add(entry);
    try {
      await this.#init.peers.use(entry.holder, (peer) => this.#runSource(entry, peer));
      return undefined;
    } catch (error) {
      if (!(error instanceof HolderFailure)) throw error;
      if (error.error.reason === 'LIMIT_REACHED') this.#isBusy = true;
      return error.error;
    } finally {
      this.#approached.delete(entry);
    }
  }

  async #runSource(entry: SwarmHolder, peer: PeerClient): Promise<void> {
    const { part, peers, nowMs, onReceived, onVerified, isPaced, places } = this.#init;
    this.#approached.delete(entry);
    const run = new SwarmSourceRun({
      entry,
      peer,
      openOther: () => openPeer(peer.address, peers.laneOptions(peer.address)),
      part,
      planner: this.#planner,
      openLane: (lanePeer, index) => places.openLane(lanePeer, index),
      onReturned: () => this.#wakeAll(),
      onReceived: (bytes) => {
        this.#lastProgressMs = this.#awake.nowMs();
        entry.receivedBytes += bytes;
        entry.queuePosition = undefined;
        return onReceived(bytes, entry.key);
      },
      isPaced,
      onVerified: (pieces, requestId) => {
        this.#lastProgressMs = this.#awake.nowMs();
        this.#isBusy = false;
        for (const piece of pieces) this.#cancel(this.#planner.verified(piece, requestId), requestId);
        onVerified(pieces);
        if (this.#planner.isComplete) this.#wakeAll();
      },
      nowMs,
      signal: this.#abort.signal,
    });
    this.#runs.add(run);
    entry.path = peers.kindOf(peer.address);
    const improved = peers.improvementOf(peer.address);
    const moveOn = (): void => run.moveOn();
    improved?.addEventListener('abort', moveOn);
    if (improved?.aborted === true) moveOn();
    try {
      await run.run();
    } finally {
      improved?.removeEventListener('abort', moveOn);
      this.#runs.delete(run);
    }
  }

  /** Ends the requests that have become needless, but for the one that has just brought what made them so. */
  #cancel(requestIds: readonly number[], byRequestId: number): void {
    for (const id of requestIds) {
      if (id !== byRequestId) for (const run of this.#runs) run.cancel(id);
    }
  }

  #isDropped({ holder, failure }: SwarmHolder): boolean {
    if (failure === undefined) return false;
    // Of another size than the index said is no lie of the holder's.
    const { piece } = failure.metadata;
    if (failure.reason === 'BYTES_MISMATCH' && piece !== undefined) this.#init.onLiar(holder, Number(piece));
    if (failure.reason === 'FILE_NOT_SHARED' && holder.mayComeLater === true) return false;
    // A part has more pieces later on than it has now.
    return !isAskedAgainAfter(failure) && failure.reason !== 'PIECES_MISSING';
  }

  /** To each source as many connections as leave no processor without one. */
  #lanesWanted(): number {
    return Math.max(1, Math.ceil(this.#init.places.laneCount() / Math.max(1, this.#runs.size)));
  }

  #checkProgress(nowMs: number): void {
    const { holderWaitMs, onWaiting } = this.#init;
    // Who reads slowly has nobody asked for anything, and that is not the holders' fault.
    if (this.#planner.isHeldBack) this.#lastProgressMs = nowMs;
    const idleMs = nowMs - this.#lastProgressMs;
    const isAsking = this.#approached.size > 0 || [...this.#runs].some((run) => run.isAsking);
    const isWaiting = !this.#planner.isHeldBack && !isAsking;
    if (isWaiting !== this.#isWaiting) {
      this.#isWaiting = isWaiting;
      onWaiting(isWaiting);
    }
    // Who is merely busy is waited for longer, and who is being asked has its own limits.
    const isHopeless = this.holders.every(({ state, verifiedBytes }) => state === 'dropped' && verifiedBytes === 0);
    const usualMs = isHopeless ? Math.min(holderWaitMs, hopelessWaitMs) : holderWaitMs;
    const limitMs = this.#isBusy ? Math.max(maxBusyWaitMs, holderWaitMs) : usualMs;
    if (isWaiting && idleMs > limitMs) throw new CardumeError('NO_HOLDER_LEFT', 'nobody brings anything');
  }

  #updateRates(): void {
    const figures = new Map(this.#planner.figures(this.#init.nowMs()).map((one) => [one.id, one]));
    for (const entry of this.#holders.values()) {
      const now = figures.get(entry.key);
      entry.bytesPerSecond = now?.bytesPerSecond;
      // The planner forgets a source that is not asked, and counts anew when it is again.
      if ((now?.stalls ?? 0) < entry.stalls) entry.earlierStalls += entry.stalls;
      entry.stalls = now?.stalls ?? 0;
      entry.isStalled = now?.isStalled ?? false;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#abort.abort();
    this.#wakeAll();
  }

  #wakeAll(): void {
    this.#wake.all();
    for (const run of this.#runs) run.wake();
  }
}
