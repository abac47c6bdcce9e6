import { SwarmPlanner } from '@cardume/client/swarm';
import { Connection } from './connection.ts';
import type { Flow, Link, QueuedPiece } from './flow.ts';
import { fileSizeBytes, slotsFor } from './scenario.ts';
import type { Swarm } from './swarm.ts';

/** How often a downloader looks at what it can ask whom, besides when something happens. */
const tickMs = 1_000;
/** How often it asks the index for other sources. */
const refreshMs = 10_000;
/** What is new is told together, so often. */
const announceMs = 50;

/** What a simulated peer is. */
export interface SimPeerInit {
  swarm: Swarm;
  id: string;
  isSeed: boolean;
  isLiar: boolean;
  /** Bytes a second. */
  uplink: number;
}

/** A simulated machine: it downloads by a planner of its own, and serves what it has verified. */
export class SimPeer implements Link {
  readonly swarm: Swarm;
  readonly id: string;
  readonly isLiar: boolean;
  readonly uplinkBytesPerMs: number;
  readonly downlinkBytesPerMs: number;
  readonly outgoing = new Set<Flow>();
  readonly incoming = new Set<Flow>();
  readonly slots: number;
  usedSlots = 0;
  /** How many of its sources are asked for something. */
  busy = 0;
  lastRefusedMs = Number.NEGATIVE_INFINITY;
  readonly joinedMs: number;
  doneMs: number | undefined;
  isGone = false;
  /** Undefined: it has all from the beginning. */
  readonly planner: SwarmPlanner | undefined;
  readonly #sources = new Map<string, Connection>();
  readonly #sourceList: Connection[] = [];
  readonly #subscribers = new Set<Connection>();
  readonly #liars = new Set<string>();
  readonly #verified: number[] = [];
  #news: { piece: number; sentTo?: Connection }[] = [];
  #refreshAtMs = 0;

  constructor({ swarm, id, isSeed, isLiar, uplink }: SimPeerInit) {
    const { scenario, random, queue } = swarm;
    this.swarm = swarm;
    this.id = id;
    this.isLiar = isLiar;
    this.joinedMs = queue.nowMs;
    this.uplinkBytesPerMs = uplink / 1_000;
    this.downlinkBytesPerMs = scenario.downlink / 1_000;
    this.slots = slotsFor(uplink, scenario);
    if (isSeed || isLiar) return;
    const { pieceCount, pieceLengthBytes } = scenario;
    const sizeBytes = fileSizeBytes(scenario);
    this.planner = new SwarmPlanner({ pieceCount, pieceLengthBytes, sizeBytes, random, order: 'rarest' });
  }

  /** Whether it downloads. */
  get isMissing(): boolean {
    return !this.isGone && this.planner !== undefined && this.doneMs === undefined;
  }

  start(): void {
    if (this.planner !== undefined) this.swarm.queue.after(this.swarm.random() * tickMs, () => this.#tick());
  }

  /** It is gone: what it was sending ends. */
  leave(): void {
    this.isGone = true;
    for (const connection of this.#sourceList.slice()) this.#drop(connection);
    for (const connection of [...this.#subscribers]) {
      connection.close();
      this.swarm.queue.after(this.swarm.scenario.latencyMs, () => connection.downloader.#drop(connection));
    }
  }

  /** Asks a source for the next pieces, when there are any and it is free. */
  ask(connection: Connection): void {
    const { planner, swarm } = this;
    const isIdle = connection.asked.size === 0;
    if (planner === undefined || !this.isMissing || !connection.isFree) return;
    if (isIdle && this.busy >= swarm.scenario.parallel) return;
    const startMs = performance.now();
    const planned = planner.next(connection.source.id, swarm.queue.nowMs);
    swarm.planning.add(performance.now() - startMs);
    connection.hasNothing = planned === undefined;
    if (planned === undefined) return;
    connection.request(planned);
  }

  /** Asks as many idle sources as may be, beginning anywhere. */
  askAny(): void {
    const count = this.#sourceList.length;
    const first = Math.floor(this.swarm.random() * count);
    for (let step = 0; step < count && this.busy < this.swarm.scenario.parallel; step++) {
      const connection = this.#sourceList[(first + step) % count];
      if (connection?.asked.size === 0) this.ask(connection);
    }
  }

  /** Says that pieces are to be asked for again: each source may have some of them. */
  piecesAreFree(): void {
    for (const connection of this.#sourceList) connection.hasNothing = false;
  }

  /** A piece has come from a source. */
  arrived(connection: Connection, piece: number, requestId: number, isLast: boolean): void {
    const { planner, swarm } = this;
    if (planner === undefined || !this.isMissing) return;
    if (connection.source.isLiar) {
      swarm.wastedBytes += swarm.scenario.pieceLengthBytes;
      this.#liars.add(connection.source.id);
      this.#drop(connection);
      this.piecesAreFree();
      this.askAny();
      return;
    }
    if (planner.isVerified(piece)) swarm.wastedBytes += swarm.scenario.pieceLengthBytes;
    else this.#verify(piece, requestId);
    if (isLast) planner.ended(requestId, swarm.queue.nowMs);
    if (planner.isComplete) {
      this.#finish();
      return;
    }
    this.ask(connection);
    if (connection.asked.size === 0) this.askAny();
  }

  /** Tells all others who know it as a source what it sends to one of them. */
  sends(pieces: readonly QueuedPiece[], sentTo: Connection): void {
    if (this.#offer() !== 'all') return;
    for (const { piece } of pieces) this.#tell({ piece, sentTo });
  }

  #verify(piece: number, requestId: number): void {
    const { planner, swarm } = this;
    for (const done of planner?.verified(piece, requestId) ?? []) {
      if (done === requestId) continue;
      planner?.ended(done, swarm.queue.nowMs);
      this.#sourceList.find(({ asked }) => asked.has(done))?.cancel(done);
    }
    this.#verified.push(piece);
    this.#tell({ piece });
  }

  #finish(): void {
    this.doneMs = this.swarm.queue.nowMs;
    for (const connection of this.#sourceList.slice()) this.#drop(connection);
    this.swarm.finished(this);
  }

  #tick(): void {
    if (!this.isMissing) return;
    const { queue } = this.swarm;
    if (queue.nowMs >= this.#refreshAtMs) this.#refreshSources();
    for (const connection of this.#sourceList) if (connection.asked.size > 0) connection.tellProgress();
    this.piecesAreFree();
    this.askAny();
    queue.after(tickMs, () => this.#tick());
  }

  /** Leaves sources that have nothing for it, and asks the index for others. */
  #refreshSources(): void {
    const { planner, swarm } = this;
    const { sources } = swarm.scenario;
    this.#refreshAtMs = swarm.queue.nowMs + refreshMs;
    for (const connection of this.#sourceList.slice()) {
      if (this.#sourceList.length < sources) break;
      if (connection.asked.size === 0 && planner?.isUseful(connection.source.id) !== true) this.#drop(connection);
    }
    for (const source of swarm.index.holders(sources - this.#sourceList.length, swarm.random)) {
      if (source === this || this.#sources.has(source.id) || this.#liars.has(source.id)) continue;
      const connection = new Connection(this, source);
      this.#sources.set(source.id, connection);
      this.#sourceList.push(connection);
      source.#subscribers.add(connection);
      planner?.addSource(source.id, source.#offer(), swarm.queue.nowMs);
    }
  }

  /** What it says that it has. */
  #offer(): 'all' | readonly number[] {
    return this.planner === undefined || this.doneMs !== undefined ? 'all' : this.#verified;
  }

  #drop(connection: Connection): void {
    const { source } = connection;
    if (this.#sources.get(source.id) !== connection) return;
    connection.close();
    this.#sources.delete(source.id);
    this.#sourceList.splice(this.#sourceList.indexOf(connection), 1);
    source.#subscribers.delete(connection);
    const ended = this.planner?.removeSource(source.id, this.swarm.queue.nowMs) ?? [];
    if (ended.length > 0) this.piecesAreFree();
  }

  #tell(news: { piece: number; sentTo?: Connection }): void {
    this.#news.push(news);
    if (this.#news.length === 1)
      this.swarm.queue.after(announceMs + this.swarm.scenario.latencyMs, () => this.#announce());
  }

  #announce(): void {
    const news = this.#news;
    this.#news = [];
    if (this.isGone) return;
    const verified = news.flatMap(({ piece, sentTo }) => (sentTo === undefined ? [piece] : []));
    const underway = news.flatMap(({ piece, sentTo }) => (sentTo === undefined ? [] : [piece]));
    for (const connection of this.#subscribers) {
      const { planner, isMissing } = connection.downloader;
      if (!isMissing || planner === undefined) continue;
      if (underway.length > 0) {
        const isTo = news.some(({ sentTo }) => sentTo === connection);
        const others = isTo
          ? news.flatMap(({ piece, sentTo }) => (sentTo === undefined || sentTo === connection ? [] : [piece]))
          : underway;
        planner.underway(this.id, others, this.swarm.queue.nowMs);
      }
      if (verified.length === 0) continue;
      planner.have(this.id, verified);
      connection.hasNothing = false;
      if (connection.asked.size === 0) connection.downloader.ask(connection);
    }
  }
}
