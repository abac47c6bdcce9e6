import { type Address, formatAddress } from '../../core/address/address.ts';
import { defaultWindowBytes } from '../../core/download/window.ts';
import type { LaneOptions } from '../receiving/thread-messages.ts';
import { openPeer, type PeerClient, type PeerClientOptions } from './open-peer.ts';

/** How many connections that nobody uses are kept. */
const maxIdlePeers = 32;

/** Shares the connections to peers between downloads, so that many small files ride one. */
export class PeerPool {
  readonly #options: PeerClientOptions;
  readonly #peers = new Map<string, { peer: PeerClient; users: number }>();

  constructor(options: PeerClientOptions = {}) {
    this.#options = options;
  }

  /** With what further connections to the same peers are opened. */
  get laneOptions(): LaneOptions {
    const { windowBytes = defaultWindowBytes, ...options } = this.#options;
    return { ...options, windowBytes };
  }

  /** Runs something with the connection to a peer, which connects on its first call. */
  async use<Result>(address: Address, action: (peer: PeerClient) => Promise<Result>): Promise<Result> {
    const key = formatAddress(address);
    const entry = this.#peers.get(key) ?? { peer: openPeer(address, this.#options), users: 0 };
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

  #closeIdle(): void {
    const idle = [...this.#peers].filter(([, { users }]) => users === 0);
    for (const [key, { peer }] of idle.slice(0, Math.max(0, idle.length - maxIdlePeers))) {
      this.#peers.delete(key);
      peer.close();
    }
  }
}
