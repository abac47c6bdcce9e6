import { type Address, formatAddress, type HolderToTry, type PeerInfo } from '@cardume/client';
import type { Sender } from './offer.ts';

/** Who makes an offer, and where what is offered can be had. */
export interface OfferSource {
  sender: Sender;
  /** The peer that has it, by what the certificate or, without one, the caller says; undefined: no peer is named. */
  peerId: string | undefined;
  /** Whether a certificate says so. */
  isCertified: boolean;
  /** Where the call came from, with the port that the caller named; undefined: it named none. */
  address: Address | undefined;
  /** The ids of peers that are offered the same. */
  otherPeerIds: readonly string[];
}

/** The ids of all peers that some sources name. */
export function namedPeers(sources: Iterable<OfferSource>): string[] {
  return [...new Set([...sources].flatMap(({ peerId, otherPeerIds }) => [peerId ?? '', ...otherPeerIds]))].filter(
    (peerId) => peerId !== '',
  );
}

/**
 * Whether a peer may get what is being received: those may who send it, and those to whom they send it.
 *
 * @param peerId by its certificate; undefined: it has none. Where there are none, nobody can be told from anybody else
 */
export function isOfOffer(sources: readonly OfferSource[], peerId: string | undefined): boolean {
  return sources.some(
    ({ isCertified, peerId: sender, otherPeerIds }) =>
      !isCertified || (peerId !== undefined && (sender === peerId || otherPeerIds.includes(peerId))),
  );
}

/**
 * Who is asked for what is offered, best first: the senders where the index lists them and where their calls came from; whoever the
 * index lists as a holder; and the others that are offered the same. Nobody else is dialled, whatever an offer says.
 *
 * @param known those of the named peers that the index lists
 * @param holders who holds it, says the index
 * @param ownPeerId this peer's, which does not ask itself
 */
export function offerHolders(
  sources: readonly OfferSource[],
  known: readonly PeerInfo[],
  holders: readonly HolderToTry[],
  ownPeerId: string,
): HolderToTry[] {
  const senders = new Set(sources.map(({ peerId }) => peerId));
  const listed = known.map(({ peerId, host, port, reachable }) => ({
    ...{ peerId, host, port, reachable },
    partial: !senders.has(peerId),
  }));
  const direct = sources.flatMap(({ address, peerId = '', isCertified }) =>
    // Whom the caller names without a certificate is not who answers there, and is not to be reported for it.
    address === undefined ? [] : [{ ...address, peerId: isCertified ? peerId : '', partial: false }],
  );
  const others = listed.filter(({ partial }) => partial).map((holder) => ({ ...holder, mayComeLater: true }));
  const seen = new Set<string>();
  return [...listed.filter(({ partial }) => !partial), ...direct, ...holders, ...others].filter((holder) => {
    const key = formatAddress(holder);
    return holder.peerId === ownPeerId || seen.has(key) ? false : seen.add(key);
  });
}
