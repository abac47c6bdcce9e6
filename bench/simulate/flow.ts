import type { EventQueue, SimEvent } from './event-queue.ts';

/** One end of flows: a machine with its link. */
export interface Link {
  readonly uplinkBytesPerMs: number;
  readonly downlinkBytesPerMs: number;
  readonly outgoing: Set<Flow>;
  readonly incoming: Set<Flow>;
}

/** A piece that is to be sent, for a request. */
export interface QueuedPiece {
  requestId: number;
  piece: number;
  lengthBytes: number;
}

/** What a flow tells. */
export interface FlowInit {
  queue: EventQueue;
  from: Link;
  to: Link;
  /** How long before it has sent all it says so, in milliseconds: as long as it takes to be asked for more. */
  leadMs: number;
  onSent: (piece: QueuedPiece) => void;
  onNearlyDone: () => void;
  onIdle: () => void;
}

/**
 * The bytes from one machine to another: pieces in order, as a fluid. Each flow has an equal part of its sender's uplink
 * and of its receiver's downlink, the smaller of the two; what one leaves unused is not given to others.
 */
export class Flow implements SimEvent {
  atMs = 0;
  slot = -1;
  turn = 0;
  readonly #init: FlowInit;
  readonly #pieces: QueuedPiece[] = [];
  /** Of the first piece. */
  #sentBytes = 0;
  #bytesPerMs = 0;
  #settledMs = 0;
  #hasToldNearlyDone = false;

  constructor(init: FlowInit) {
    this.#init = init;
  }

  get isIdle(): boolean {
    return this.#pieces.length === 0;
  }

  /** How many bytes of the piece that is being sent have been sent, when it is for this request. */
  sentBytesOf(requestId: number): number {
    if (this.#pieces[0]?.requestId !== requestId) return 0;
    this.#settle();
    return this.#sentBytes;
  }

  send(pieces: readonly QueuedPiece[]): void {
    const wasIdle = this.isIdle;
    this.#pieces.push(...pieces);
    this.#hasToldNearlyDone = false;
    if (wasIdle) this.#begin();
    this.#schedule();
  }

  /** Leaves away what has not been sent of a request. */
  cancel(requestId: number): void {
    if (this.isIdle) return;
    if (this.#pieces[0]?.requestId === requestId) this.#sentBytes = 0;
    const kept = this.#pieces.filter((piece) => piece.requestId !== requestId);
    this.#pieces.splice(0, this.#pieces.length, ...kept);
    this.#settle();
    if (this.isIdle) this.#stop();
    else this.#schedule();
  }

  /** Ends it, without a word. */
  close(): void {
    if (this.isIdle) return;
    this.#pieces.length = 0;
    this.#leave();
  }

  /** Takes the part of the links that it has now. */
  updateRate(): void {
    const { from, to } = this.#init;
    const rate = Math.min(from.uplinkBytesPerMs / from.outgoing.size, to.downlinkBytesPerMs / to.incoming.size);
    if (rate === this.#bytesPerMs) return;
    this.#settle();
    this.#bytesPerMs = rate;
    this.#schedule();
  }

  happen(): void {
    this.#settle();
    const [piece] = this.#pieces;
    if (piece === undefined) return;
    // A thousandth of a byte is an error of rounding.
    if (piece.lengthBytes - this.#sentBytes > 0.001) {
      const isNews = !this.#hasToldNearlyDone;
      this.#hasToldNearlyDone = true;
      this.#schedule();
      if (isNews) this.#init.onNearlyDone();
      return;
    }
    this.#pieces.shift();
    this.#sentBytes = 0;
    this.#init.onSent(piece);
    if (this.isIdle) this.#stop();
    else this.#schedule();
  }

  #begin(): void {
    const { queue, from, to } = this.#init;
    this.#sentBytes = 0;
    this.#settledMs = queue.nowMs;
    from.outgoing.add(this);
    to.incoming.add(this);
    shareLinks(from, to);
  }

  #settle(): void {
    const { nowMs } = this.#init.queue;
    const [piece] = this.#pieces;
    if (piece !== undefined) {
      this.#sentBytes = Math.min(piece.lengthBytes, this.#sentBytes + (nowMs - this.#settledMs) * this.#bytesPerMs);
    }
    this.#settledMs = nowMs;
  }

  #schedule(): void {
    const [piece] = this.#pieces;
    if (piece === undefined || this.#bytesPerMs === 0) return;
    const { queue, leadMs } = this.#init;
    this.#settle();
    const doneMs = queue.nowMs + (piece.lengthBytes - this.#sentBytes) / this.#bytesPerMs;
    const tellsBefore = this.#pieces.length === 1 && !this.#hasToldNearlyDone;
    queue.put(this, tellsBefore ? Math.max(queue.nowMs, doneMs - leadMs) : doneMs);
  }

  #stop(): void {
    this.#leave();
    this.#init.onIdle();
  }

  #leave(): void {
    const { queue, from, to } = this.#init;
    queue.remove(this);
    from.outgoing.delete(this);
    to.incoming.delete(this);
    this.#bytesPerMs = 0;
    shareLinks(from, to);
  }
}

function shareLinks(from: Link, to: Link): void {
  for (const flow of from.outgoing) flow.updateRate();
  for (const flow of to.incoming) flow.updateRate();
}
