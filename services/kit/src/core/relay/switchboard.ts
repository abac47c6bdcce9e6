import { CardumeError } from '@cardume/client';
import { type CallerAddress, Listener } from './listener.ts';
import { acceptTimeoutMs, maxWaitingTunnelsPerPeer, tunnelIdleMs } from './relay-limits.ts';
import { type After, Tunnel, type TunnelEnd, type TunnelInit } from './tunnel.ts';
import type { WindowShare } from './window-budget.ts';

/** What a switchboard works with. */
export interface SwitchboardInit {
  after: After;
  nowMs: () => number;
  randomBytes: (count: number) => Uint8Array;
}

/** What a tunnel is held to. It closes its share of the windows when it ends. */
export type TunnelBounds = Pick<TunnelInit, 'take' | 'windows'>;

const tunnelIdBytes = 32;

/** Knows which peers listen at a relay, and joins those who want them with them. Its users bound how many there are. */
export class Switchboard {
  readonly #init: SwitchboardInit;
  readonly #listeners = new Map<string, Listener>();
  readonly #waiting = new Map<string, Tunnel>();
  #tunnelCount = 0;

  constructor(init: SwitchboardInit) {
    this.#init = init;
  }

  /** How many peers listen. */
  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** How many tunnels there are, those among them that wait to be accepted. */
  get tunnelCount(): number {
    return this.#tunnelCount;
  }

  /** A peer listens from now on, in the place of itself before: it may have lost that stream without our knowing. */
  listen(peerId: string): { listener: Listener; close: () => void } {
    this.#listeners.get(peerId)?.close();
    const listener = new Listener(this.#init.after, maxWaitingTunnelsPerPeer);
    this.#listeners.set(peerId, listener);
    return {
      listener,
      close: () => {
        if (this.#listeners.get(peerId) === listener) this.#listeners.delete(peerId);
        listener.close();
      },
    };
  }

  /**
   * Begins a tunnel to a peer, which is told of it.
   *
   * @param caller takes what the peer sends
   * @param bounds what the tunnel is held to
   * @throws CardumeError PEER_NOT_LISTENING; LIMIT_REACHED
   */
  connect(peerId: string, caller: TunnelEnd, bounds: TunnelBounds): Tunnel {
    const listener = this.#listenerOf(peerId);
    const id = this.#newId();
    listener.tell({ tunnelId: id });
    return this.#begin(id, peerId, caller, bounds);
  }

  /**
   * Tells a peer to connect elsewhere, where somebody expects it.
   *
   * @throws CardumeError PEER_NOT_LISTENING; LIMIT_REACHED
   */
  tell(peerId: string, tunnelId: string, caller: CallerAddress): void {
    this.#listenerOf(peerId).tell({ tunnelId, caller });
  }

  /** Begins a tunnel to a peer that is told of it elsewhere. @param caller takes what the peer sends */
  expect(peerId: string, caller: TunnelEnd, windows: WindowShare): Tunnel {
    return this.#begin(this.#newId(), peerId, caller, { take: () => 0, windows });
  }

  #newId(): string {
    return Buffer.from(this.#init.randomBytes(tunnelIdBytes)).toString('hex');
  }

  #listenerOf(peerId: string): Listener {
    const listener = this.#listeners.get(peerId);
    if (listener !== undefined) return listener;
    throw new CardumeError('PEER_NOT_LISTENING', `peer ${peerId} does not listen at this relay`, {
      metadata: { peer_id: peerId },
    });
  }

  #begin(id: string, peerId: string, caller: TunnelEnd, bounds: TunnelBounds): Tunnel {
    const { after, nowMs } = this.#init;
    this.#tunnelCount += 1;
    const tunnel = new Tunnel({
      id,
      peerId,
      caller,
      ...bounds,
      after,
      nowMs,
      acceptTimeoutMs,
      idleMs: tunnelIdleMs,
      onEnd: () => {
        this.#waiting.delete(id);
        this.#tunnelCount -= 1;
      },
    });
    this.#waiting.set(id, tunnel);
    return tunnel;
  }

  /**
   * Finds the tunnel that a peer accepts, which nobody else then can.
   *
   * @param peerId who accepts, as its certificate says; undefined: there are none, and the id is all that counts
   * @throws CardumeError TUNNEL_UNKNOWN
   */
  take(tunnelId: string, peerId: string | undefined): Tunnel {
    const tunnel = this.#waiting.get(tunnelId);
    if (tunnel === undefined || (peerId !== undefined && tunnel.peerId !== peerId)) {
      throw new CardumeError('TUNNEL_UNKNOWN', 'no connection of that id waits here for you');
    }
    this.#waiting.delete(tunnelId);
    return tunnel;
  }
}
