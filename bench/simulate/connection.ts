import type { PlannedRequest, SwarmPlanner } from '@cardume/client/swarm';
import { Flow, type Link, type QueuedPiece } from './flow.ts';
import type { World } from './world.ts';

// For how long a downloader that was refused a slot does not ask again: half of it to all of it, then twice as long.
const [firstRefusedMs, lastRefusedMs] = [400, 3_200];
// From when a request is nearly done until the next one has been asked for: there, planned, and back.
const planMs = 5;
// A slot is somebody's for so long, when others were refused not longer ago than that. Without it those whom the seeder
// serves first would keep their slots, and all behind them would have the same pieces, and nothing for each other.
const [turnMs, giveWayMs] = [500, 1_000];

/** A machine, as its connections know it. */
export interface ConnectionEnd<Peer extends ConnectionEnd<Peer>> extends Link {
  readonly world: World;
  readonly planner: SwarmPlanner | undefined;
  /** How many of its sources are asked for something. */
  busy: number;
  /** How many it serves at once, how many it serves now, and when it last refused one. */
  readonly slots: number;
  usedSlots: number;
  lastRefusedMs: number;
  /** Asks a source for the next pieces, when there are any and it is free. */
  ask(connection: Connection<Peer>): void;
  /** Asks as many idle sources as may be. */
  askAny(): void;
  /** Hears that pieces are to be asked for again: each source may have some of them. */
  piecesAreFree(): void;
  /** Gets a piece from a source. */
  arrived(connection: Connection<Peer>, piece: number, requestId: number, isLast: boolean): void;
  /** Has begun to send pieces to one of those who know it as a source. */
  sends(pieces: readonly QueuedPiece[], sentTo: Connection<Peer>): void;
}

interface Asked extends PlannedRequest {
  arrivedPieces: number;
  toldBytes: number;
}

/** A downloader's connection to a source: what is asked, what comes, and the slot that the source has for it or not. */
export class Connection<Peer extends ConnectionEnd<Peer>> {
  readonly downloader: Peer;
  readonly source: Peer;
  readonly asked = new Map<number, Asked>();
  /** Whether the planner had nothing for it, and nothing has happened since that could change that. */
  hasNothing = false;
  readonly #flow: Flow;
  #hasSlot = false;
  #refusedUntilMs = 0;
  #refusedMs = firstRefusedMs;
  #slotSinceMs = 0;
  #isClosed = false;

  constructor(downloader: Peer, source: Peer) {
    this.downloader = downloader;
    this.source = source;
    const { queue, scenario } = downloader.world;
    this.#flow = new Flow({
      queue,
      from: source,
      to: downloader,
      leadMs: 2 * scenario.latencyMs + planMs,
      onSent: (piece) => this.#later(() => this.#arrived(piece)),
      onNearlyDone: () => this.#later(() => this.downloader.ask(this)),
      onIdle: () => this.#freeSlot(),
    });
  }

  /** Whether it may be asked now. */
  get isFree(): boolean {
    const { size } = this.asked;
    if (this.hasNothing || this.#isClosed || this.downloader.world.queue.nowMs < this.#refusedUntilMs) return false;
    // A second request waits behind the first one, so that the source has no pause.
    return size === 0 || (size === 1 && this.#hasSlot);
  }

  request(planned: PlannedRequest): void {
    if (this.asked.size === 0) this.downloader.busy += 1;
    this.asked.set(planned.requestId, { ...planned, arrivedPieces: 0, toldBytes: 0 });
    this.#later(() => this.#serve(planned));
  }

  /** Says that a request is not needed any more. */
  cancel(requestId: number): void {
    this.downloader.world.wastedBytes += this.#flow.sentBytesOf(requestId);
    this.#over(requestId);
    this.#later(() => this.#flow.cancel(requestId));
  }

  /** Ends it at once, as when either side is gone. */
  close(): void {
    this.#isClosed = true;
    for (const requestId of this.asked.keys()) this.#over(requestId);
    this.#flow.close();
    this.#freeSlot();
  }

  /** Tells the planner of the bytes that have come of pieces that are not whole. */
  tellProgress(): void {
    for (const asked of this.asked.values()) this.#tell(asked, this.#flow.sentBytesOf(asked.requestId));
  }

  #serve({ requestId, first, end }: PlannedRequest): void {
    const { queue } = this.source.world;
    // Who has been served gives way when others wait, so that what is new here gets to ever other ones.
    const mustGiveWay = queue.nowMs - this.source.lastRefusedMs < giveWayMs && queue.nowMs - this.#slotSinceMs > turnMs;
    if (this.#hasSlot && mustGiveWay) {
      this.#later(() => this.#refused([requestId]));
      return;
    }
    if (!this.#hasSlot) {
      if (this.source.usedSlots >= this.source.slots) {
        this.source.lastRefusedMs = queue.nowMs;
        this.#later(() => this.#refused([...this.asked.keys()]));
        return;
      }
      this.#hasSlot = true;
      this.#slotSinceMs = queue.nowMs;
      this.source.usedSlots += 1;
    }
    const { pieceLengthBytes } = this.source.world.scenario;
    const pieces: QueuedPiece[] = [];
    for (let piece = first; piece < end; piece++) pieces.push({ requestId, piece, lengthBytes: pieceLengthBytes });
    this.#flow.send(pieces);
    this.source.sends(pieces, this);
  }

  #refused(requestIds: readonly number[]): void {
    const { queue, random } = this.downloader.world;
    const waitMs = (this.#refusedMs * (1 + random())) / 2;
    this.#refusedMs = Math.min(this.#refusedMs * 2, lastRefusedMs);
    this.#refusedUntilMs = queue.nowMs + waitMs;
    this.downloader.world.refusals += 1;
    for (const requestId of requestIds) {
      this.downloader.planner?.ended(requestId, queue.nowMs);
      this.#over(requestId);
    }
    if (this.downloader.busy === 0) {
      this.downloader.piecesAreFree();
      this.downloader.askAny();
    }
    queue.after(waitMs, () => this.downloader.ask(this));
  }

  #arrived({ requestId, piece }: QueuedPiece): void {
    const asked = this.asked.get(requestId);
    if (asked === undefined) {
      this.downloader.world.wastedBytes += this.downloader.world.scenario.pieceLengthBytes;
      return;
    }
    asked.arrivedPieces += 1;
    this.#refusedMs = firstRefusedMs;
    this.#tell(asked, 0);
    const isLast = asked.arrivedPieces === asked.end - asked.first;
    if (isLast) this.#over(requestId);
    this.downloader.arrived(this, piece, requestId, isLast);
  }

  #tell(asked: Asked, partialBytes: number): void {
    const { queue, scenario } = this.downloader.world;
    const bytes = asked.arrivedPieces * scenario.pieceLengthBytes + partialBytes;
    if (bytes > asked.toldBytes) {
      this.downloader.planner?.received(asked.requestId, bytes - asked.toldBytes, queue.nowMs);
      asked.toldBytes = bytes;
    }
  }

  #over(requestId: number): void {
    if (this.asked.delete(requestId) && this.asked.size === 0) this.downloader.busy -= 1;
  }

  #freeSlot(): void {
    if (!this.#hasSlot) return;
    this.#hasSlot = false;
    this.source.usedSlots -= 1;
  }

  #later(happen: () => void): void {
    const { queue, scenario } = this.downloader.world;
    queue.after(scenario.latencyMs, () => {
      if (!this.#isClosed) happen();
    });
  }
}
