import { CardumeError } from '../../errors/cardume-error.ts';
import { isKeyId } from './key-id.ts';
import { checkNetworkId } from './network-id.ts';

// A label of a DNS name has at most 63 characters, and an id 64 hex digits: half of them are 128 bits, which nobody meets by
// trying keys. Who asks for a peer compares the whole id besides.
const idLength = 32;

// `internal` is reserved for private use (ICANN, 2024), so that no such name ever comes to be on the Internet.
const suffix = 'cardume.internal';

/**
 * The DNS name in a peer's certificate. It stands in no DNS, and does not say where the peer is: a claimed host gets into no
 * certificate. It is there for the check of the server's name that every TLS client makes: the caller gives it as server
 * name (`servername` in Node, `-authority` in grpcurl, `grpc.ssl_target_name_override` elsewhere) while it dials whatever
 * address the index named, and so stock TLS refuses any peer but the one that was asked for.
 */
export function peerServerName(networkId: string, peerId: string): string {
  if (!isKeyId(peerId)) throw CardumeError.invalidField('peer_id', 'must be 64 lower-case hex digits');
  return `${peerId.slice(0, idLength)}.peer.${networkPart(networkId)}`;
}

/** The DNS name in the certificate of a network's index; see {@link peerServerName}. All replicas have the same. */
export function indexServerName(networkId: string): string {
  return `index.${networkPart(networkId)}`;
}

/** What a peer is asked for whose id nobody has said. No certificate has it: the caller looks at the id alone. */
export function anyPeerServerName(networkId: string): string {
  return `peer.${networkPart(networkId)}`;
}

function networkPart(networkId: string): string {
  return `${checkNetworkId(networkId).slice(0, idLength)}.${suffix}`;
}
