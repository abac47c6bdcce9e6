import { randomUUID } from 'node:crypto';
import { formatAddress } from '../../core/address/address.ts';
import { defaultWindowBytes } from '../../core/download/window.ts';
import type { ClientTls, TlsOfPeer } from '../../core/model/client-tls.ts';
import type { LaneOptions } from '../receiving/thread-messages.ts';
import { openPeer, type PeerAddress, type PeerClient, type PeerClientOptions } from './open-peer.ts';

/** How many connections that nobody uses are kept. */
const maxIdlePeers = 32;

/** Options of {@link PeerPool}. */
export interface PeerPoolOptions extends Omit<PeerClientOptions, 'tls'> {
  /** Connect with TLS 1.3. Default: plaintext. */
  tls?: ClientTls | TlsOfPeer | undefined;
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
    const { windowBytes = defaultWindowBytes, tls, ...options } = this.#options;
    return { ...options, windowBytes, tls: typeof tls === 'function' ? tls(peerId) : tls };
  }

  /** Runs something with the connection to a peer, which connects on its first call. */
  async use<Result>(address: PeerAddress, action: (peer: PeerClient) => Promise<Result>): Promise<Result> {
    const key = peerKey(address);
    const entry = this.#peers.get(key) ?? { peer: this.#open(address), users: 0 };
    entry.users += 1;
    // The most recently used one is the last, so that the first idle one is who waited longest.
    this.#peers.delete(key);
    this.#peers.set(key, entry);
    try {
      return await action(entry.peer);
    } finally {
      entry.users -= 1;
      this.#closeIdle();
    }
  }

  /** Cuts all connections. */
  close(): void {
    for (const { peer } of this.#peers.values()) peer.close();
    this.#peers.clear();
  }

  #open(address: PeerAddress): PeerClient {
    const { tls, ...options } = this.#options;
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
  return `${formatAddress(address)} ${address.peerId ?? ''}`;
}
