import { randomUUID } from 'node:crypto';
import { formatAddress } from '../../core/address/address.ts';
import { defaultWindowBytes } from '../../core/download/window.ts';
import type { ClientTls, TlsOfPeer } from '../../core/model/client-tls.ts';
import type { PathKind } from '../../core/relay/path-kind.ts';
import type { LaneOptions } from '../receiving/thread-messages.ts';
import { openPeer, type PeerAddress, type PeerClient, type PeerClientOptions } from './open-peer.ts';

/** How many connections that nobody uses are kept. */
const maxIdlePeers = 32;

/** Options of {@link PeerPool}. */
export interface PeerPoolOptions extends Omit<PeerClientOptions, 'tls'> {
  /** Connect with TLS 1.3. Default: plaintext. */
  tls?: ClientTls | TlsOfPeer | undefined;
  /** Finds ways to peers that the index could not dial. Default: all are dialled where they are said to be. */
  paths?: Paths | undefined;
}

/** Finds ways to peers: see `HolderPaths`. */
export interface Paths {
  /** At once where there is nothing to look for. */
  pathTo(address: PeerAddress): PeerAddress | Promise<PeerAddress>;
  improvementOf(address: PeerAddress): AbortSignal | undefined;
  kindOf(address: PeerAddress): PathKind | undefined;
}

/**
 * Shares the connections to peers between downloads, so that many small files ride one. All of them are one transfer, unless it
 * is said which one.
 */
export class PeerPool {
  readonly #options: PeerPoolOptions;
  readonly #peers = new Map<string, { peer: PeerClient; users: number }>();

  constructor(options: PeerPoolOptions = {}) {
    this.#options = { transferId: randomUUID(), ...options };
  }

  /** With what further connections to a peer are opened. */
  laneOptions({ peerId }: PeerAddress): LaneOptions {
    const { windowBytes = defaultWindowBytes, tls, paths: _, ...options } = this.#options;
    return { ...options, windowBytes, tls: typeof tls === 'function' ? tls(peerId) : tls };
  }

  /** How to connect to a peer: at once where there is nothing to look for. */
  pathTo(address: PeerAddress): PeerAddress | Promise<PeerAddress> {
    return this.#options.paths?.pathTo(address) ?? address;
  }

  /** Fires when there is a better path to a peer than one that goes through a relay; undefined: it does not. */
  improvementOf(address: PeerAddress): AbortSignal | undefined {
    return this.#options.paths?.improvementOf(address);
  }

  /** What kind of path an address that `pathTo` gave is; undefined: it is dialled. */
  kindOf(address: PeerAddress): PathKind | undefined {
    return this.#options.paths?.kindOf(address);
  }

  /** Runs something with the connection to a peer, which connects on its first call. */
  async use<Result>(asked: PeerAddress, action: (peer: PeerClient) => Promise<Result>): Promise<Result> {
    const path = this.pathTo(asked);
    // What begins at once is under way before anything else is looked at.
    const address = path instanceof Promise ? await path : path;
    const key = peerKey(address);
    const entry = this.#peers.get(key) ?? { peer: this.#open(address), users: 0 };
    const improved = this.improvementOf(address);
    entry.users += 1;
    // The most recently used one is the last, so that the first idle one is who waited longest.
    this.#peers.delete(key);
    this.#peers.set(key, entry);
    try {
      return await action(entry.peer);
    } finally {
      entry.users -= 1;
      // Nobody comes back to a path for which there is a better one, and it may be somebody's to give.
      if (improved?.aborted === true && entry.users === 0 && this.#peers.get(key) === entry) {
        this.#peers.delete(key);
        entry.peer.close();
      }
      this.#closeIdle();
    }
  }

  /** Cuts all connections. */
  close(): void {
    for (const { peer } of this.#peers.values()) peer.close();
    this.#peers.clear();
  }

  #open(address: PeerAddress): PeerClient {
    const { tls, paths: _, ...options } = this.#options;
    return openPeer(address, { ...options, tls: typeof tls === 'function' ? () => tls(address.peerId) : tls });
  }

  #closeIdle(): void {
    const idle = [...this.#peers].filter(([, { users }]) => users === 0);
    for (const [key, { peer }] of idle.slice(0, Math.max(0, idle.length - maxIdlePeers))) {
      this.#peers.delete(key);
      peer.close();
    }
  }
}

/** What tells connections to peers apart: two peers that say to be at one address are asked for by their ids. */
export function peerKey(address: PeerAddress): string {
  return `${formatAddress(address)} ${address.peerId ?? ''} ${address.socketPath ?? ''}`;
}
