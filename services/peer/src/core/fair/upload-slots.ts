import {
  idleSlotMs,
  maxNextRetryMs,
  maxQueueRetryMs,
  minQueueRetryMs,
  queueGraceMs,
  queueRetryMsPerWaiting,
  turnOverrun,
  uploadTurnBytes,
} from '../limits.ts';
import { SlotQueue } from './slot-queue.ts';
import type { Transfer } from './transfer.ts';

/** A slot, as long as a transfer has it. */
export interface SlotTurn {
  readonly key: string;
  readonly caller: string;
  readonly startMs: number;
  /** What has left since then. */
  bytes: number;
  /** How many streams the transfer has. */
  streams: number;
  /** Since when it has none. */
  idleSinceMs: number;
}

/** When to come back, and to which place. */
export interface Refusal {
  /** 1: the next one. Undefined: all places are taken. */
  place: number | undefined;
  retryDelayMs: number;
}

/** What a stream may do: go on; go on to the end of a piece, or of what it was asked for; end at once. */
export type StreamFate = 'go' | 'end-soon' | 'end';

export interface UploadSlotsInit {
  /** How many transfers get bytes at once. */
  count: number;
  /** For how long one keeps its slot while others wait. */
  turnMs: number;
}

/** How long a turn is taken to be, in milliseconds, as long as none has ended. */
const guessedTurnMs = 1_000;
/** What a turn adds to the estimate. */
const newPart = 0.25;
/** For how many turns of all slots one may have to wait and yet have a slot that nobody comes for. */
const nearTurns = 2;
/** Who is to come back within this time is waited for, in milliseconds, and has its slot kept. */
const soonMs = 500;

/**
 * Upload slots, which transfers take turns at. Pure: its user has the clock, in milliseconds.
 *
 * Who finds no slot free gets a place in the queue and comes back to ask: see {@link SlotQueue}. A slot that is free is kept
 * for who is next when that one is to come back within half a second; otherwise it is for the first one that comes of
 * those who are nearly next. A turn
 * ends after a time or a number of bytes, but only when somebody else waits. Its streams are then let come to the end of a
 * piece, and when that takes too long the slot is free in spite of them.
 */
export class UploadSlots {
  readonly #init: UploadSlotsInit;
  readonly #queue = new SlotQueue();
  readonly #turns = new Map<string, SlotTurn>();
  /** How far apart slots become free while somebody waits. */
  #betweenMs: number;
  #lastFreeMs: number | undefined;

  constructor(init: UploadSlotsInit) {
    this.#init = init;
    this.#betweenMs = guessedTurnMs / init.count;
  }

  /** How many slots are taken, and how many transfers have a place in the queue. */
  state(nowMs: number): { taken: number; waiting: number } {
    this.#sweep(nowMs);
    return { taken: this.#turns.size, waiting: this.#queue.size };
  }

  /** Lets a stream of a transfer in, or says when to come back. */
  enter({ caller, id }: Transfer, nowMs: number): { turn: SlotTurn } | Refusal {
    this.#sweep(nowMs);
    const key = `${caller} ${id}`;
    const own = this.#turns.get(key);
    if (own !== undefined && this.fateOf(own, nowMs) === 'go') {
      this.#queue.remove(key);
      own.streams += 1;
      return { turn: own };
    }
    const free = this.#init.count - this.#turns.size;
    const { all, soon } = this.#queue.ahead(key, caller, (other) => this.#slotsOf(other), nowMs + soonMs);
    const isNear = all < free + nearTurns * this.#init.count;
    if (own !== undefined || soon >= free || !isNear) return this.#refuse(key, caller, all + 1, nowMs);
    this.#queue.remove(key);
    const turn = { key, caller, startMs: nowMs, bytes: 0, streams: 1, idleSinceMs: nowMs };
    this.#turns.set(key, turn);
    return { turn };
  }

  /** What becomes of the streams of a turn. */
  fateOf(turn: SlotTurn, nowMs: number): StreamFate {
    const { key, startMs, bytes } = turn;
    if (this.#turns.get(key) !== turn) return 'end';
    if (!this.#queue.hasOther(key)) return 'go';
    const part = Math.max((nowMs - startMs) / this.#init.turnMs, bytes / uploadTurnBytes);
    if (part < 1) return 'go';
    return part < turnOverrun ? 'end-soon' : 'end';
  }

  /** Gives the place of a transfer whose turn is over. */
  placeAfter({ key, caller }: SlotTurn, nowMs: number): Refusal {
    this.#sweep(nowMs);
    const { all } = this.#queue.ahead(key, caller, (other) => this.#slotsOf(other), nowMs);
    return this.#refuse(key, caller, all + 1, nowMs);
  }

  /**
   * Says that a stream has ended. The slot is kept a little longer, since the transfer may ask for more.
   *
   * @param fileBytes the size of the file that it was of: who got as much has all of it
   */
  left(turn: SlotTurn, fileBytes: number, nowMs: number): void {
    turn.streams -= 1;
    turn.idleSinceMs = nowMs;
    if (turn.streams === 0 && (turn.bytes >= fileBytes || this.fateOf(turn, nowMs) !== 'go')) this.#free(turn, nowMs);
  }

  /** Frees the slots of those that are gone, or over and do not end. */
  #sweep(nowMs: number): void {
    this.#queue.expire(nowMs);
    for (const turn of this.#turns.values()) {
      const isGone = turn.streams === 0 && nowMs - turn.idleSinceMs >= idleSlotMs;
      if (isGone || this.fateOf(turn, nowMs) === 'end') this.#free(turn, nowMs);
    }
  }

  #free(turn: SlotTurn, nowMs: number): void {
    if (this.#turns.get(turn.key) !== turn) return;
    this.#turns.delete(turn.key);
    if (this.#lastFreeMs !== undefined && this.#queue.size > 0) {
      this.#betweenMs += newPart * (nowMs - this.#lastFreeMs - this.#betweenMs);
    }
    this.#lastFreeMs = nowMs;
  }

  #refuse(key: string, caller: string, place: number, nowMs: number): Refusal {
    const isNext = place <= this.#init.count;
    // After half of the time that it takes about, to be told more exactly.
    const expectedMs = (place * this.#betweenMs) / 2;
    const farMs = Math.min(maxQueueRetryMs, this.#queue.size * queueRetryMsPerWaiting);
    const mostMs = isNext ? maxNextRetryMs : Math.max(maxNextRetryMs, farMs);
    const retryDelayMs = Math.round(Math.min(mostMs, Math.max(minQueueRetryMs, expectedMs)));
    const dueMs = nowMs + retryDelayMs;
    const isKept = this.#queue.keep(key, { caller, dueMs, keptUntilMs: nowMs + 2 * retryDelayMs + queueGraceMs });
    return { place: isKept ? place : undefined, retryDelayMs };
  }

  #slotsOf(caller: string): number {
    let count = 0;
    for (const turn of this.#turns.values()) count += Number(turn.caller === caller);
    return count;
  }
}
