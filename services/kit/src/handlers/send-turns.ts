import type { Http2Session } from 'node:http2';
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { sessionOf } from './call-internals.ts';

/** How many messages of one connection are being sent at once; further ones wait for their turn. */
const sendsAtOnce = 4;
/** How many messages may overtake one that is being sent before no more are begun. */
const maxOvertakes = 16;
/** After how long a message that its reader does not take keeps nobody waiting any more, in milliseconds. */
const patienceMs = 20;

/** A message that is being sent. */
export interface Turn {
  /** Says that it was sent, or given up. Safe to call twice. */
  end(): void;
}

/**
 * Lets the streams of one connection take turns.
 *
 * Of several streams that have bytes to send, nghttp2 serves the one that was opened first as long as it has any
 * (RFC 9218, unless the caller's `priority` header has an `i`). When the connection's flow-control window is what bounds
 * it, as with callers that leave it at 64 KiB, a few large downloads would keep all that began after them waiting until
 * they are done. So only a few messages of a connection are handed to it at a time, in the order in which they came; and
 * none while one of them has been overtaken too often.
 *
 * A stream that its own reader has paused is overtaken as well, and nobody shall wait for it: so while the connection
 * could take more, a message that takes long is passed over.
 */
export class SendTurns {
  readonly #isBlocked: () => boolean;
  readonly #waiting: ((turn: Turn) => void)[] = [];
  /** Those that others may have to wait for, the oldest first. */
  readonly #running = new Map<Turn, { beganMs: number; dueAtCount: number }>();
  #endedCount = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param isBlocked whether the connection takes nothing more now, of whatever stream */
  constructor(isBlocked: () => boolean) {
    this.#isBlocked = isBlocked;
  }

  /** Calls `begin` when it is a message's turn, now or later. */
  request(begin: (turn: Turn) => void): void {
    this.#waiting.push(begin);
    this.#next();
  }

  #next(): void {
    while (this.#running.size < sendsAtOnce && !this.#isOneOverdue()) {
      const begin = this.#waiting.shift();
      if (begin === undefined) return;
      const turn: Turn = { end: () => this.#end(turn) };
      // After those that are being sent, and as many others as may overtake it.
      const dueAtCount = this.#endedCount + this.#running.size + maxOvertakes;
      this.#running.set(turn, { beganMs: performance.now(), dueAtCount });
      begin(turn);
    }
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#passOver(), patienceMs);
  }

  #isOneOverdue(): boolean {
    // Who began first is due first.
    const [oldest] = this.#running.values();
    return oldest !== undefined && this.#endedCount >= oldest.dueAtCount;
  }

  #end(turn: Turn): void {
    if (!this.#running.delete(turn)) return;
    this.#endedCount += 1;
    this.#next();
  }

  /** Waits no more for those that take long. */
  #passOver(): void {
    this.#timer = undefined;
    const nowMs = performance.now();
    if (!this.#isBlocked()) {
      for (const [turn, { beganMs }] of this.#running) if (nowMs - beganMs >= patienceMs) this.#running.delete(turn);
    }
    this.#next();
  }
}

/** Gives a function that gives the turns of a call's connection. */
export function createTurnsOf(): (call: ServerInterceptingCallInterface) => SendTurns {
  const turnsOfSession = new WeakMap<Http2Session, SendTurns>();
  return (call) => {
    const session = sessionOf(call);
    if (session === undefined) return new SendTurns(() => false);
    let turns = turnsOfSession.get(session);
    if (turns === undefined) {
      turns = new SendTurns(() => session.state.remoteWindowSize === 0);
      turnsOfSession.set(session, turns);
    }
    return turns;
  };
}
