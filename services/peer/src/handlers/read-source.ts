import { CardumeError } from '@cardume/client';
import type { OfferRequest } from '@cardume/proto/transfer/v1';
import { type Caller, callerHost, peerOf } from '@cardume/service-kit';
import { maxOtherPeers } from '../core/limits.ts';
import type { Sender } from '../core/offers/offer.ts';
import type { OfferSource } from '../core/offers/offer-source.ts';

/** Who calls, by the certificate and the transport. */
export function senderOf(callerAddress: string, caller: Caller | undefined): Sender {
  return { user: peerOf(caller)?.user, host: callerHost(callerAddress) ?? 'unknown' };
}

/**
 * Where what is offered can be had.
 *
 * @throws CardumeError INVALID_FIELD; NOT_ALLOWED when another peer is named than the one that calls
 */
export function readSource(
  { peerId, port, otherPeerIds }: OfferRequest,
  callerAddress: string,
  caller: Caller | undefined,
): OfferSource {
  if (peerId !== '') checkPeerId('peer_id', peerId);
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw CardumeError.invalidField('port', 'must be 0 to 65535');
  }
  if (otherPeerIds.length > maxOtherPeers) {
    throw CardumeError.invalidField('other_peer_ids', `must be at most ${maxOtherPeers}`);
  }
  for (const [at, id] of otherPeerIds.entries()) checkPeerId(`other_peer_ids[${at}]`, id);
  const own = peerOf(caller)?.peerId;
  if (own !== undefined && peerId !== '' && peerId !== own) {
    throw new CardumeError('NOT_ALLOWED', 'peer_id names another peer than your certificate; leave it out');
  }
  const host = callerHost(callerAddress);
  return {
    sender: senderOf(callerAddress, caller),
    peerId: own ?? (peerId === '' ? undefined : peerId),
    isCertified: own !== undefined,
    address: host === undefined || port === 0 ? undefined : { host, port },
    otherPeerIds,
  };
}

function checkPeerId(field: string, text: string): void {
  if (!/^[0-9a-f]{64}$/.test(text)) throw CardumeError.invalidField(field, 'must be 64 lower-case hex digits');
}
