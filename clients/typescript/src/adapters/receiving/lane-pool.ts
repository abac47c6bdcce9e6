import { openPeer, type PeerAddress } from '../peer/open-peer.ts';
import { type PeerPool, peerKey } from '../peer/peer-pool.ts';
import type { Lane } from './lane.ts';
import { localLane } from './local-lane.ts';
import { acquireReceiveThreads, type ReceiveThreads, receiveThreadCount } from './receive-threads.ts';

/** How many connections that nobody uses are kept. */
const maxIdleLanes = 32;

interface PooledLane {
  lane: Lane;
  address: string;
  users: number;
}

/** Shares lanes between many small downloads: to each peer as many as there are threads, at the most. */
export class LanePool {
  readonly #peers: PeerPool;
  readonly #blocksThread: boolean;
  #threads: ReceiveThreads | undefined;
  #lanes: PooledLane[] = [];

  /**
   * @param peers with whose options it connects
   * @param blocksThread whether the first lane to each peer is in this thread
   */
  constructor(peers: PeerPool, blocksThread: boolean) {
    this.#peers = peers;
    this.#blocksThread = blocksThread;
  }

  /** Runs something with the lane to a peer that the fewest use. */
  async use<Result>(address: PeerAddress, action: (lane: Lane) => Promise<Result>): Promise<Result> {
    const path = this.#peers.pathTo(address);
    const pooled = this.#laneTo(path instanceof Promise ? await path : path);
    pooled.users += 1;
    // The most recently used one is the last, so that the first idle one is who waited longest.
    this.#lanes = [...this.#lanes.filter((other) => other !== pooled), pooled];
    try {
      return await action(pooled.lane);
    } finally {
      pooled.users -= 1;
      this.#closeIdle();
    }
  }

  /** Cuts all connections, and lets the threads end. */
  close(): void {
    for (const { lane } of this.#lanes.splice(0)) lane.close();
    this.#threads?.close();
  }

  #laneTo({ host, port, peerId, socketPath }: PeerAddress): PooledLane {
    const address = {
      host,
      port,
      ...(peerId === undefined ? {} : { peerId }),
      ...(socketPath === undefined ? {} : { socketPath }),
    };
    const key = peerKey(address);
    const open = this.#lanes.filter((pooled) => pooled.address === key);
    const idlest = open.toSorted((a, b) => a.users - b.users)[0];
    if (idlest !== undefined && (idlest.users === 0 || open.length >= receiveThreadCount)) return idlest;
    if (open.length === 0 && this.#blocksThread) return { lane: this.#openHere(address), address: key, users: 0 };
    this.#threads ??= acquireReceiveThreads();
    return { lane: this.#threads.openLane(address, this.#peers.laneOptions(address)), address: key, users: 0 };
  }

  #openHere(address: PeerAddress): Lane {
    const peer = openPeer(address, this.#peers.laneOptions(address));
    return { ...localLane(peer, true), close: () => peer.close() };
  }

  #closeIdle(): void {
    const idle = this.#lanes.filter(({ users }) => users === 0);
    for (const pooled of idle.slice(0, Math.max(0, idle.length - maxIdleLanes))) {
      this.#lanes = this.#lanes.filter((other) => other !== pooled);
      pooled.lane.close();
    }
  }
}
