import { messageOf, type PeerAddress } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import { type AddressPolicy, isSame } from '../addresses/address-policy.ts';
import type { DialBudget, DialCaller, DialCharge } from '../addresses/dial-budget.ts';
import type { Catalog, PeerRecord } from '../catalog.ts';
import type { DialBackOutcome, IndexMetrics } from '../index-metrics.ts';
import { dialBackTimeoutMs, maxDialBacks, maxDialledAddresses } from '../limits.ts';
import type { Timers } from '../timers.ts';

/** A peer to dial back. */
export type DialledPeer = Pick<PeerRecord, 'peerKey' | 'peerId' | 'host' | 'port'>;

/** Knows which peers can be dialled where they say. */
export interface Reachability {
  /**
   * Dials a peer that just joined and stores whether it answered as itself. Never throws. False without a try while
   * as many others are being dialled as may be, and when too many were dialled in vain.
   *
   * When it fails at an address that the caller is not seen at, it says so when the time for it is over, and not before: a caller is not
   * told by it which of others' ports are open, nor what their names lead to.
   */
  check(peer: DialledPeer, caller: DialCaller): Promise<boolean>;
  /**
   * Dials a peer that renews again, in the background: one that was not reached, when that is a lease ago; one that was
   * reached, when that is ten leases ago. At most 32 in a second: the others come with a later renewal.
   *
   * @param seenHost the address that the peer is seen at now
   */
  checkAgain(peer: PeerRecord, seenHost: string | undefined): void;
  /** Calls off what is under way. */
  stop(): Promise<void>;
}

/** Dials, and asks who answers. */
export interface DialBack {
  /** Where a name leads to; an address leads to itself. Rejects when it leads nowhere. */
  resolve(host: string, signal: AbortSignal): Promise<string[]>;
  /**
   * Asks whoever answers for its peer id; rejects when nobody does.
   *
   * @param addresses what is dialled, and nothing else, whatever the host's name leads to by then
   */
  askPeerId(peer: PeerAddress, addresses: readonly string[], signal: AbortSignal): Promise<string>;
}

/** What dialling back works with. */
export interface ReachabilityInit {
  catalog: Pick<Catalog, 'setReachable'>;
  dialBack: DialBack;
  policy: AddressPolicy;
  budget: DialBudget;
  timers: Pick<Timers, 'after'>;
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
  const { catalog, dialBack, policy, budget, timers, nowMs, leaseTtlMs, logger, metrics } = init;
  const stopping = new AbortController();
  const underWay = new Map<number, Promise<boolean>>();
  let recheckedMs = Number.NEGATIVE_INFINITY;

  const tryDial = async (
    { peerId, host, port }: DialledPeer,
    seenHost: string | undefined,
    charge: DialCharge,
    signal: AbortSignal,
  ): Promise<DialBackOutcome> => {
    try {
      const addresses = (await dialBack.resolve(host, signal)).slice(0, maxDialledAddresses + 1);
      if (addresses.length > maxDialledAddresses)
        throw new Error(`it leads to more than ${maxDialledAddresses} addresses`);
      const problem = addresses
        .map((address) => policy.problemOf(address, seenHost))
        .find((found) => found !== undefined);
      if (problem !== undefined) {
        logger.info({ peerId, host, port, problem }, 'a peer says it is at a host that leads to where it may not be');
        return 'not_allowed';
      }
      if (!charge.addTargets(addresses)) return 'skipped';
      const answeredId = await dialBack.askPeerId({ host, port, peerId }, addresses, signal);
      if (answeredId === peerId) return 'reached';
      logger.debug({ peerId, host, port }, 'another peer answered the dial back');
      return 'another_peer';
    } catch (error) {
      logger.debug({ peerId, host, port, error: messageOf(error) }, 'peer could not be dialled back');
      return 'failed';
    }
  };

  const dial = async (
    peer: DialledPeer,
    seenHost: string | undefined,
    charge: DialCharge,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const outcome = await tryDial(peer, seenHost, charge, signal);
    const reachable = outcome === 'reached';
    // A dial that was called off says nothing about the peer.
    if (!reachable && stopping.signal.aborted) return false;
    metrics.dialledBack(outcome);
    if (outcome === 'skipped') return false;
    if (reachable) charge.giveBack();
    try {
      await catalog.setReachable(peer.peerKey, reachable, nowMs());
    } catch (error) {
      logger.error({ peerId: peer.peerId, error: messageOf(error) }, 'reachability could not be stored');
    }
    return reachable;
  };

  /** @param caller who is charged; undefined: nobody */
  const check = async (
    peer: DialledPeer,
    seenHost: string | undefined,
    caller: DialCaller | undefined,
  ): Promise<boolean> => {
    if (stopping.signal.aborted || underWay.has(peer.peerKey)) return false;
    const charge = underWay.size < maxDialBacks ? budget.begin(caller) : undefined;
    if (charge === undefined) {
      metrics.dialledBack('skipped');
      return false;
    }
    const time = timeFor(timers, dialBackTimeoutMs, stopping.signal);
    const dialling = dial(peer, seenHost, charge, time.signal);
    underWay.set(peer.peerKey, dialling);
    try {
      const reachable = await dialling.finally(() => underWay.delete(peer.peerKey));
      if (!reachable && caller !== undefined && !isSame(peer.host, seenHost)) await time.over;
      return reachable;
    } finally {
      time.end();
    }
  };

  return {
    check: (peer, caller) => check(peer, caller.seenHost, caller),
    checkAgain(peer, seenHost) {
      const restMs = peer.reachable ? leasesPerRecheck * leaseTtlMs : leaseTtlMs;
      const now = nowMs();
      if (now - peer.dialMs < restMs || now - recheckedMs < recheckPauseMs) return;
      recheckedMs = now;
      void check(peer, seenHost, undefined);
    },
    async stop() {
      stopping.abort();
      await Promise.all(underWay.values());
    },
  };
}

/** A signal that fires, and a promise that resolves, after some time or when another signal fires. */
function timeFor({ after }: Pick<Timers, 'after'>, timeoutMs: number, stopping: AbortSignal) {
  const controller = new AbortController();
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const expire = (): void => {
    controller.abort();
    resolve();
  };
  const callOff = after(timeoutMs, expire);
  stopping.addEventListener('abort', expire, { once: true });
  return {
    signal: controller.signal,
    over,
    end(): void {
      callOff();
      stopping.removeEventListener('abort', expire);
    },
  };
}
