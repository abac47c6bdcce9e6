import { SwarmPlanner } from '@cardume/client/swarm';
import { Connection, type ConnectionEnd } from './connection.ts';
import type { Flow, QueuedPiece } from './flow.ts';
import { fileSizeBytes, slotsFor } from './scenario.ts';
import type { SimIndex } from './sim-index.ts';
import type { World } from './world.ts';

/** How often a downloader looks at what it can ask whom, besides when something happens. */
const tickMs = 1_000;
/** How often it asks the index for other sources. */
const refreshMs = 10_000;
/** What is new is told together, so often. */
const announceMs = 50;

/** What a simulated peer is. */
export interface SimPeerInit {
  world: World;
  index: SimIndex<SimPeer>;
  id: string;
  isSeed: boolean;
  isLiar: boolean;
  /** Bytes a second. */
  uplink: number;
  /** Called when it has the whole file. */
  onDone: (peer: SimPeer) => void;
}

/** A simulated machine: it downloads by a planner of its own, and serves what it has verified. */
export class SimPeer implements ConnectionEnd<SimPeer> {
  readonly world: World;
  readonly #init: SimPeerInit;
  readonly id: string;
  readonly isLiar: boolean;
  readonly uplinkBytesPerMs: number;
  readonly downlinkBytesPerMs: number;
  readonly outgoing = new Set<Flow>();
  readonly incoming = new Set<Flow>();
  readonly slots: number;
  usedSlots = 0;
  busy = 0;
  lastRefusedMs = Number.NEGATIVE_INFINITY;
  readonly joinedMs: number;
  doneMs: number | undefined;
  isGone = false;
  /** Undefined: it has all from the beginning. */
  readonly planner: SwarmPlanner | undefined;
  readonly #sources = new Map<string, Connection<SimPeer>>();
  readonly #sourceList: Connection<SimPeer>[] = [];
  readonly #subscribers = new Set<Connection<SimPeer>>();
  readonly #liars = new Set<string>();
  readonly #verified: number[] = [];
  #news: { piece: number; sentTo?: Connection<SimPeer> }[] = [];
  #refreshAtMs = 0;

  constructor(init: SimPeerInit) {
    const { world, id, isSeed, isLiar, uplink } = init;
    const { scenario, random, queue } = world;
    this.#init = init;
    this.world = world;
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
    if (this.planner !== undefined) this.world.queue.after(this.world.random() * tickMs, () => this.#tick());
  }

  /** It is gone: what it was sending ends. */
  leave(): void {
    this.isGone = true;
    for (const connection of this.#sourceList.slice()) this.#drop(connection);
    for (const connection of [...this.#subscribers]) {
      connection.close();
      this.world.queue.after(this.world.scenario.latencyMs, () => connection.downloader.#drop(connection));
    }
  }

  /** Asks a source for the next pieces, when there are any and it is free. */
  ask(connection: Connection<SimPeer>): void {
    const { planner, world } = this;
    const isIdle = connection.asked.size === 0;
    if (planner === undefined || !this.isMissing || !connection.isFree) return;
    if (isIdle && this.busy >= world.scenario.parallel) return;
    const startMs = performance.now();
    const planned = planner.next(connection.source.id, world.queue.nowMs);
    world.planning.add(performance.now() - startMs);
    connection.hasNothing = planned === undefined;
    if (planned === undefined) return;
    connection.request(planned);
  }

  /** Asks as many idle sources as may be, beginning anywhere. */
  askAny(): void {
    const count = this.#sourceList.length;
    const first = Math.floor(this.world.random() * count);
    for (let step = 0; step < count && this.busy < this.world.scenario.parallel; step++) {
      const connection = this.#sourceList[(first + step) % count];
      if (connection?.asked.size === 0) this.ask(connection);
    }
  }

  /** Says that pieces are to be asked for again: each source may have some of them. */
  piecesAreFree(): void {
    for (const connection of this.#sourceList) connection.hasNothing = false;
  }

  /** A piece has come from a source. */
  arrived(connection: Connection<SimPeer>, piece: number, requestId: number, isLast: boolean): void {
    const { planner, world } = this;
    if (planner === undefined || !this.isMissing) return;
    if (connection.source.isLiar) {
      world.wastedBytes += world.scenario.pieceLengthBytes;
      this.#liars.add(connection.source.id);
      this.#drop(connection);
      this.piecesAreFree();
      this.askAny();
      return;
    }
    if (planner.isVerified(piece)) world.wastedBytes += world.scenario.pieceLengthBytes;
    else this.#verify(piece, requestId);
    if (isLast) planner.ended(requestId, world.queue.nowMs);
    if (planner.isComplete) {
      this.#finish();
      return;
    }
    this.ask(connection);
    if (connection.asked.size === 0) this.askAny();
  }

  /** Who has all tells those who know it as a source what it sends to one of them: who has few gains nothing by it. */
  sends(pieces: readonly QueuedPiece[], sentTo: Connection<SimPeer>): void {
    if (this.#offer() !== 'all') return;
    for (const { piece } of pieces) this.#tell({ piece, sentTo });
  }

  #verify(piece: number, requestId: number): void {
    const { planner, world } = this;
    for (const done of planner?.verified(piece, requestId) ?? []) {
      if (done === requestId) continue;
      planner?.ended(done, world.queue.nowMs);
      this.#sourceList.find(({ asked }) => asked.has(done))?.cancel(done);
    }
    this.#verified.push(piece);
    this.#tell({ piece });
  }

  #finish(): void {
    this.doneMs = this.world.queue.nowMs;
    for (const connection of this.#sourceList.slice()) this.#drop(connection);
    this.#init.onDone(this);
  }

  #tick(): void {
    if (!this.isMissing) return;
    const { queue } = this.world;
    if (queue.nowMs >= this.#refreshAtMs) this.#refreshSources();
    for (const connection of this.#sourceList) if (connection.asked.size > 0) connection.tellProgress();
    this.piecesAreFree();
    this.askAny();
    queue.after(tickMs, () => this.#tick());
  }

  /** Leaves sources that have nothing for it, and asks the index for others. */
  #refreshSources(): void {
    const { planner, world } = this;
    const { sources } = world.scenario;
    this.#refreshAtMs = world.queue.nowMs + refreshMs;
    for (const connection of this.#sourceList.slice()) {
      if (this.#sourceList.length < sources) break;
      if (connection.asked.size === 0 && planner?.isUseful(connection.source.id) !== true) this.#drop(connection);
    }
    for (const source of this.#init.index.holders(sources - this.#sourceList.length, world.random)) {
      if (source === this || this.#sources.has(source.id) || this.#liars.has(source.id)) continue;
      const connection = new Connection(this, source);
      this.#sources.set(source.id, connection);
      this.#sourceList.push(connection);
      source.#subscribers.add(connection);
      planner?.addSource(source.id, source.#offer(), world.queue.nowMs);
    }
  }

  /** What it says that it has. */
  #offer(): 'all' | readonly number[] {
    return this.planner === undefined || this.doneMs !== undefined ? 'all' : this.#verified;
  }

  #drop(connection: Connection<SimPeer>): void {
    const { source } = connection;
    if (this.#sources.get(source.id) !== connection) return;
    connection.close();
    this.#sources.delete(source.id);
    this.#sourceList.splice(this.#sourceList.indexOf(connection), 1);
    source.#subscribers.delete(connection);
    const ended = this.planner?.removeSource(source.id, this.world.queue.nowMs) ?? [];
    if (ended.length > 0) this.piecesAreFree();
  }

  #tell(news: { piece: number; sentTo?: Connection<SimPeer> }): void {
    this.#news.push(news);
    if (this.#news.length === 1)
      this.world.queue.after(announceMs + this.world.scenario.latencyMs, () => this.#announce());
  }

  #announce(): void {
    const news = this.#news;
    this.#news = [];
    if (this.isGone) return;
    const verified = news.flatMap(({ piece, sentTo }) => (sentTo === undefined ? [piece] : []));
    for (const connection of this.#subscribers) {
      const { planner, isMissing } = connection.downloader;
      if (!isMissing || planner === undefined) continue;
      const underway = news.flatMap(({ piece, sentTo }) =>
        sentTo === undefined || sentTo === connection ? [] : [piece],
      );
      if (underway.length > 0) planner.underway(this.id, underway, this.world.queue.nowMs);
      if (verified.length === 0) continue;
      planner.have(this.id, verified);
      connection.hasNothing = false;
      if (connection.asked.size === 0) connection.downloader.ask(connection);
    }
  }
}
