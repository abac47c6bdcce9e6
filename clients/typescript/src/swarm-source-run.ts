import type { PeerClient } from './adapters/peer/open-peer.ts';
import type { Lane } from './adapters/receiving/lane.ts';
import { Wake } from './core/concurrency/wake.ts';
import { HolderFailure } from './core/download/holder-failure.ts';
import { lanesFor } from './core/download/lanes.ts';
import type { Part } from './core/download/part.ts';
import type { PieceRun } from './core/download/piece-set.ts';
import type { SwarmHolder } from './core/download/swarm-holder.ts';
import type { SwarmPlanner } from './core/swarm/swarm-planner.ts';
import { RangeFetch } from './fetch-range.ts';

/** How much must be missing for more connections over a long path to pay. */
const minBytesOfLongPath = 32 * 1024 * 1024;
/** How much must be missing for it to matter what a whole holder sends to others. */
const minBytesOfHints = 64 * 1024 * 1024;
/** A lane asks for more when what is still to come takes so long, so that it never waits for an answer. */
const aheadMs = 60;
const minAheadBytes = 64 * 1024;
const maxAheadBytes = 4 * 1024 * 1024;
/** For how long what is under way may still come of a holder that takes no further requests: one that stops gives it 2 s. */
const lastRequestsMs = 4_000;
/** For how long a lane that has nothing to ask for waits before it asks the planner again. */
const idleMs = 250;

export interface SwarmSourceRunInit {
  entry: SwarmHolder;
  peer: PeerClient;
  /** Opens another connection to the holder. */
  openOther: () => PeerClient;
  part: Part;
  planner: SwarmPlanner;
  openLane: (peer: PeerClient, index: number) => Lane;
  /** There may be something to ask for, for whoever had nothing. */
  onReturned: () => void;
  onReceived: (bytes: number) => number;
  isPaced: boolean;
  onVerified: (pieces: readonly number[], requestId: number) => void;
  nowMs: () => number;
  signal: AbortSignal;
}

/** One holder, as long as it is asked: its connections, its requests, and what it says of its pieces. */
export class SwarmSourceRun {
  readonly #init: SwarmSourceRunInit;
  readonly #lanes: Lane[] = [];
  readonly #tasks = new Set<Promise<void>>();
  readonly #fetches = new Map<number, RangeFetch>();
  readonly #abort = new AbortController();
  readonly #wake = new Wake();
  #maxLanes = Number.POSITIVE_INFINITY;
  #roundTripMs: number | undefined;
  #failure: { error: unknown } | undefined;
  readonly #laneTasks: Promise<void>[] = [];
  #isMovingOn = false;
  #lastRequests: NodeJS.Timeout | undefined;

  constructor(init: SwarmSourceRunInit) {
    this.#init = init;
  }

  /** Runs until all is there, or the holder fails: @throws HolderFailure, or an error of this machine */
  async run(): Promise<void> {
    const { entry, planner, nowMs, signal, onReturned } = this.#init;
    const { key, holder } = entry;
    const onAbort = (): void => this.#stop();
    signal.addEventListener('abort', onAbort);
    try {
      if (holder.partial) {
        await this.#watchUntilKnown();
      } else {
        planner.addSource(key, 'all', nowMs());
        if (planner.remainingBytes >= minBytesOfHints) this.#track(this.#watchHints());
      }
      if (signal.aborted) return;
      this.fitLanes(1, false);
      onReturned();
      // Not waited for: a holder that brings all and does not answer this has done its work.
      this.#measurePath().catch(() => undefined);
      while (this.#tasks.size > 0) await Promise.all(this.#tasks);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#stop();
      while (this.#tasks.size > 0) await Promise.all(this.#tasks);
      clearTimeout(this.#lastRequests);
      for (const lane of this.#lanes) lane.close();
      planner.removeSource(key, nowMs());
      onReturned();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Whether it is to bring something now. */
  get isAsking(): boolean {
    return this.#fetches.size > 0;
  }

  /**
   * Opens connections until there are so many, or more where the path takes it.
   *
   * @param isLone whether nobody else is asked
   */
  fitLanes(laneCount: number, isLone: boolean): void {
    const { planner, openLane, peer, entry } = this.#init;
    const bytesPerSecond = isLone ? Number.POSITIVE_INFINITY : (entry.bytesPerSecond ?? 0);
    const wanted = Math.min(this.#maxLanes, Math.max(laneCount, lanesFor(this.#roundTripMs, bytesPerSecond)));
    while (this.#lanes.length < wanted && !this.#hasEnded && !planner.isComplete) {
      const index = this.#lanes.length;
      const lane = openLane(peer, index);
      this.#lanes.push(lane);
      const running = this.#runLane(lane, index);
      this.#laneTasks.push(running.catch(() => undefined));
      this.#track(running);
    }
  }

  /** Has connections that had nothing to ask for look again. */
  wake(): void {
    this.#wake.all();
  }

  /** There is a better path to the holder: what is under way is brought to its end, and then this ends, for another to begin. */
  moveOn(): void {
    this.#isMovingOn = true;
    this.#wake.all();
    void Promise.all(this.#laneTasks).then(() => this.#stop());
  }

  /** Ends a request, if it is one of this holder's. */
  cancel(requestId: number): void {
    this.#fetches.get(requestId)?.cancel();
  }

  /** Whether nothing more is to be asked for. */
  get #hasEnded(): boolean {
    return this.#abort.signal.aborted || this.#isMovingOn;
  }

  #stop(): void {
    this.#abort.abort();
    for (const fetch of this.#fetches.values()) fetch.cancel();
    this.#wake.all();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop();
  }

  /** A holder that stops takes no further requests, and what it has begun with it may bring to an end. */
  #endWithRequests(error: unknown): void {
    this.#failure ??= { error };
    this.moveOn();
    this.#lastRequests ??= setTimeout(() => this.#stop(), lastRequestsMs);
  }

  #track(task: Promise<void>): void {
    const tracked = task.catch((error: unknown) => this.#fail(error)).finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }

  /** Has a lane fetch one range after the other; the next one begins shortly before one ends. */
  async #runLane(lane: Lane, index: number): Promise<void> {
    const { entry, planner, nowMs } = this.#init;
    const running = new Set<Promise<void>>();
    while (!this.#hasEnded && !planner.isComplete && index < this.#maxLanes) {
      const request = planner.next(entry.key, nowMs());
      if (request === undefined) {
        await Promise.race([this.#wake.next(idleMs), ...running]);
        continue;
      }
      const fetch = this.#beginFetch(lane, request, request.requestId);
      const before = [...running];
      const done: Promise<void> = this.#follow(fetch, request.requestId, index).finally(() => running.delete(done));
      running.add(done);
      // One that runs, and one that begins while it ends.
      await Promise.all([Promise.race([fetch.isNearEnd, done]), ...before]);
    }
    await Promise.all(running);
  }

  #beginFetch(lane: Lane, run: PieceRun, requestId: number): RangeFetch {
    const { entry, part, peer, planner, onReceived, onVerified, isPaced, nowMs } = this.#init;
    const fetch = new RangeFetch({
      part,
      lane,
      target: peer.target,
      run,
      aheadBytes: this.#aheadBytes(),
      isPaced,
      onReceived: (bytes) => {
        planner.received(requestId, bytes, nowMs());
        return onReceived(bytes);
      },
      onVerified: (pieces, bytes) => {
        entry.verifiedBytes += bytes;
        onVerified(pieces, requestId);
      },
    });
    this.#fetches.set(requestId, fetch);
    return fetch;
  }

  async #follow(fetch: RangeFetch, requestId: number, index: number): Promise<void> {
    const { planner, nowMs, onReturned } = this.#init;
    try {
      await fetch.run();
    } catch (error) {
      // A holder that serves us once need not serve us twice: what this lane was to bring, the first one then does.
      const isRefused = error instanceof HolderFailure && error.error.reason === 'LIMIT_REACHED';
      if (isRefused && index > 0) this.#maxLanes = Math.min(this.#maxLanes, index);
      else if (isGoing(error) && this.#fetches.size > 1) this.#endWithRequests(error);
      else this.#fail(error);
    } finally {
      this.#fetches.delete(requestId);
      planner.ended(requestId, nowMs());
      if (!fetch.hasAll) onReturned();
    }
  }

  #aheadBytes(): number {
    const { bytesPerSecond } = this.#init.entry;
    if (bytesPerSecond === undefined) return 4 * minAheadBytes;
    return Math.min(maxAheadBytes, Math.max(minAheadBytes, (bytesPerSecond * aheadMs) / 1_000));
  }

  async #measurePath(): Promise<void> {
    const { planner, entry } = this.#init;
    const isLong = planner.remainingBytes >= minBytesOfLongPath;
    entry.roundTripMs = (await this.#lanes[0]?.roundTripMs()) ?? entry.roundTripMs;
    if (!isLong) return;
    this.#roundTripMs = entry.roundTripMs;
    this.#init.onReturned();
  }

  /** Follows what a partial holder says; resolves when it has said for the first time what it has. */
  #watchUntilKnown(): Promise<void> {
    return new Promise((resolve) => {
      this.#track(
        this.#watch(this.#init.peer, resolve)
          .catch((error: unknown) => this.#fail(new HolderFailure(error)))
          .finally(resolve),
      );
    });
  }

  /**
   * Follows what a whole holder sends to others, as long as it says. On the connection that brings the file, it would come
   * behind whatever is on its way there: too late to ask for something else.
   */
  async #watchHints(): Promise<void> {
    const other = this.#init.openOther();
    try {
      await this.#watch(other, () => undefined);
    } catch {
      // It is of use, and no more: what the holder brings is another matter.
    } finally {
      other.close();
    }
  }

  /** Tells the planner what a holder has, and what it sends to others. */
  async #watch(peer: PeerClient, onKnown: () => void): Promise<void> {
    const { entry, part, planner, nowMs } = this.#init;
    const { digest, sizeBytes } = part.manifest;
    const { signal } = this.#abort;
    let isKnown = !entry.holder.partial;
    try {
      for await (const news of peer.watchPieces(digest, sizeBytes, { signal })) {
        const has = piecesOf(news.complete ? [{ first: 0, end: part.verified.pieceCount }] : news.added);
        if (!isKnown) planner.addSource(entry.key, has, nowMs());
        else if (entry.holder.partial) planner.have(entry.key, has);
        isKnown = true;
        onKnown();
        planner.underway(entry.key, piecesOf(news.underway), nowMs());
        this.#wake.all();
        if (planner.isComplete) return;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function* piecesOf(runs: Iterable<PieceRun>): Generator<number, void, undefined> {
  for (const { first, end } of runs) for (let piece = first; piece < end; piece++) yield piece;
}

/** Whether a request failed so that others of the same holder, on connections that it has, may come to their end. */
function isGoing(error: unknown): boolean {
  return error instanceof HolderFailure && ['UNREACHABLE', 'SHUTTING_DOWN'].includes(error.error.reason);
}
