import { CardumeError } from '@cardume/client';
import type { WindowShare } from './window-budget.ts';

/** Takes what is meant for one side of a tunnel; resolves when that side can take more. */
export type TunnelEnd = (data: Uint8Array) => Promise<void>;

/** Runs a task later; returns what calls it off. */
export type After = (delayMs: number, task: () => void) => () => void;

/** What a tunnel works with. */
export interface TunnelInit {
  /** 64 hex digits that nobody can guess. */
  id: string;
  peerId: string;
  /** Takes what the peer sends to who asked for it. */
  caller: TunnelEnd;
  /** Counts bytes that pass, and says for how many milliseconds to wait before more do. */
  take: (bytes: number) => number;
  /** What its windows may take. */
  windows: WindowShare;
  after: After;
  nowMs: () => number;
  acceptTimeoutMs: number;
  idleMs: number;
  onEnd: () => void;
}

/** A connection between a caller and a peer that are both here: two streams that are joined. */
export class Tunnel {
  readonly id: string;
  readonly peerId: string;
  readonly caller: TunnelEnd;
  readonly take: (bytes: number) => number;
  readonly windows: Pick<WindowShare, 'take'>;
  /** Resolves with what takes bytes for the peer, once that has accepted; rejects with PEER_NOT_LISTENING when it does not. */
  readonly accepted: Promise<TunnelEnd>;
  readonly #init: TunnelInit;
  readonly #accepted = Promise.withResolvers<TunnelEnd>();
  readonly #ended = new AbortController();
  #passedMs: number;
  #bytes = 0;
  #callOff: () => void;

  constructor(init: TunnelInit) {
    this.#init = init;
    this.id = init.id;
    this.peerId = init.peerId;
    this.caller = init.caller;
    this.take = init.take;
    this.windows = init.windows;
    this.accepted = this.#accepted.promise;
    // Who waits for it may have gone.
    this.accepted.catch(() => undefined);
    this.#passedMs = init.nowMs();
    this.#callOff = init.after(init.acceptTimeoutMs, () => this.#giveUp('did not accept in time'));
  }

  /** Fires when it has ended: each side's stream is to end then, too. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** How many bytes have passed, both ways. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The peer is there. */
  accept(peer: TunnelEnd): void {
    this.#callOff();
    this.#passedMs = this.#init.nowMs();
    if (!this.ended.aborted) this.#watchIdle(this.#init.idleMs);
    this.#accepted.resolve(peer);
  }

  /** So many bytes have passed. */
  passed(bytes: number): void {
    this.#bytes += bytes;
    this.#passedMs = this.#init.nowMs();
  }

  /** Ends it for both. Safe to call twice. */
  end(): void {
    this.#giveUp('is gone');
  }

  #giveUp(what: string): void {
    if (this.ended.aborted) return;
    this.#callOff();
    const problem = `peer ${this.peerId} ${what}`;
    this.#accepted.reject(new CardumeError('PEER_NOT_LISTENING', problem, { metadata: { peer_id: this.peerId } }));
    this.#ended.abort();
    this.#init.windows.close();
    this.#init.onEnd();
  }

  #watchIdle(delayMs: number): void {
    this.#callOff = this.#init.after(delayMs, () => {
      const leftMs = this.#passedMs + this.#init.idleMs - this.#init.nowMs();
      if (leftMs > 0) this.#watchIdle(leftMs);
      else this.end();
    });
  }
}
