import { type Address, messageOf } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import type { Catalog, PeerRecord } from '../catalog.ts';
import { maxDialBacks } from '../limits.ts';

/** A peer to dial back. */
export type DialledPeer = Pick<PeerRecord, 'peerKey' | 'peerId' | 'host' | 'port'>;

/** Knows which peers can be dialled where they say. */
export interface Reachability {
  /**
   * Dials a peer that just joined and stores whether it answered as itself. Never throws. False without a try while
   * as many others are being dialled as may be.
   */
  check(peer: DialledPeer): Promise<boolean>;
  /** Tries a peer again, in the background, that was not reached a lease ago. */
  checkAgain(peer: PeerRecord): void;
  /** Calls off what is under way. */
  stop(): Promise<void>;
}

/** What dialling back works with. */
export interface ReachabilityInit {
  catalog: Pick<Catalog, 'setReachable'>;
  /** Asks whoever answers at an address for its peer id; rejects when nobody does in time. */
  askPeerId: (address: Address, signal: AbortSignal) => Promise<string>;
  nowMs: () => number;
  /** How long a peer that was not reached is left alone. */
  retryMs: number;
  logger: Logger;
}

/** Makes what dials peers back. */
export function createReachability(init: ReachabilityInit): Reachability {
  const { catalog, askPeerId, nowMs, retryMs, logger } = init;
  const stopping = new AbortController();
  const underWay = new Map<number, Promise<boolean>>();

  const answersAsItself = async ({ peerId, host, port }: DialledPeer): Promise<boolean> => {
    try {
      const answeredId = await askPeerId({ host, port }, stopping.signal);
      if (answeredId !== peerId) logger.debug({ peerId, host, port }, 'another peer answered the dial back');
      return answeredId === peerId;
    } catch (error) {
      logger.debug({ peerId, host, port, error: messageOf(error) }, 'peer could not be dialled back');
      return false;
    }
  };

  const dial = async (peer: DialledPeer): Promise<boolean> => {
    const reachable = await answersAsItself(peer);
    try {
      await catalog.setReachable(peer.peerKey, reachable, nowMs());
    } catch (error) {
      logger.error({ peerId: peer.peerId, error: messageOf(error) }, 'reachability could not be stored');
    }
    return reachable;
  };

  const check = async (peer: DialledPeer): Promise<boolean> => {
    if (stopping.signal.aborted || underWay.size >= maxDialBacks || underWay.has(peer.peerKey)) return false;
    const dialling = dial(peer);
    underWay.set(peer.peerKey, dialling);
    try {
      return await dialling;
    } finally {
      underWay.delete(peer.peerKey);
    }
  };

  return {
    check,
    checkAgain(peer) {
      if (!peer.reachable && nowMs() - peer.dialMs >= retryMs) void check(peer);
    },
    async stop() {
      stopping.abort();
      await Promise.all(underWay.values());
    },
  };
}
