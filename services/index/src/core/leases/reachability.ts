import { messageOf, type PeerAddress } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import type { Catalog, PeerRecord } from '../catalog.ts';
import type { DialBackOutcome, IndexMetrics } from '../index-metrics.ts';
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
  /**
   * Dials a peer that renews again, in the background: one that was not reached, when that is a lease ago; one that was
   * reached, when that is ten leases ago. At most 32 in a second: the others come with a later renewal.
   */
  checkAgain(peer: PeerRecord): void;
  /** Calls off what is under way. */
  stop(): Promise<void>;
}

/** What dialling back works with. */
export interface ReachabilityInit {
  catalog: Pick<Catalog, 'setReachable'>;
  /** Asks whoever answers at an address for its peer id; rejects when nobody does in time. */
  askPeerId: (address: PeerAddress, signal: AbortSignal) => Promise<string>;
  nowMs: () => number;
  leaseTtlMs: number;
  logger: Logger;
  metrics: IndexMetrics;
}

/** For how many leases a peer that was reached is taken to be so. */
const leasesPerRecheck = 10;
/** How long after one peer was dialled again the next one may be: peers that nobody can reach would else be most of the work. */
const recheckPauseMs = 1_000 / maxDialBacks;

/** Makes what dials peers back. */
export function createReachability(init: ReachabilityInit): Reachability {
  const { catalog, askPeerId, nowMs, leaseTtlMs, logger, metrics } = init;
  const stopping = new AbortController();
  const underWay = new Map<number, Promise<boolean>>();
  let recheckedMs = Number.NEGATIVE_INFINITY;

  const tryDial = async ({ peerId, host, port }: DialledPeer): Promise<DialBackOutcome> => {
    try {
      const answeredId = await askPeerId({ host, port, peerId }, stopping.signal);
      if (answeredId === peerId) return 'reached';
      logger.debug({ peerId, host, port }, 'another peer answered the dial back');
      return 'another_peer';
    } catch (error) {
      logger.debug({ peerId, host, port, error: messageOf(error) }, 'peer could not be dialled back');
      return 'failed';
    }
  };

  const dial = async (peer: DialledPeer): Promise<boolean> => {
    const outcome = await tryDial(peer);
    const reachable = outcome === 'reached';
    // A dial that was called off says nothing about the peer.
    if (!reachable && stopping.signal.aborted) return false;
    metrics.dialledBack(outcome);
    try {
      await catalog.setReachable(peer.peerKey, reachable, nowMs());
    } catch (error) {
      logger.error({ peerId: peer.peerId, error: messageOf(error) }, 'reachability could not be stored');
    }
    return reachable;
  };

  const check = async (peer: DialledPeer): Promise<boolean> => {
    if (stopping.signal.aborted || underWay.has(peer.peerKey)) return false;
    if (underWay.size >= maxDialBacks) {
      metrics.dialledBack('skipped');
      return false;
    }
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
      const restMs = peer.reachable ? leasesPerRecheck * leaseTtlMs : leaseTtlMs;
      const now = nowMs();
      if (now - peer.dialMs < restMs || now - recheckedMs < recheckPauseMs) return;
      recheckedMs = now;
      void check(peer);
    },
    async stop() {
      stopping.abort();
      await Promise.all(underWay.values());
    },
  };
}
