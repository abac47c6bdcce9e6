import { checkNetworkId, isNetworkId } from './network-id.ts';
import { checkPeerIdentity, isRole, type PeerIdentity } from './peer-identity.ts';
import { userNameProblem } from './user-name.ts';

/** Whom a certificate of a network is for. */
export type CertificateHolder =
  | { kind: 'peer'; identity: PeerIdentity }
  /** The index of the network, any replica. */
  | { kind: 'index'; networkId: string };

const peerForm = /^cardume:\/\/([0-9a-f]{64})\/peer\/([0-9a-f]{64})\?role=([a-z]+)&user=([A-Za-z0-9._~%-]{1,192})$/;
const indexForm = /^cardume:\/\/([0-9a-f]{64})\/index$/;

/**
 * The URI in the subjectAltName of a certificate, the only thing in it that says whom it is for:
 * `cardume://NETWORK/peer/PEER-ID?role=ROLE&user=USER` or `cardume://NETWORK/index`, with ids of 64 lower-case hex digits.
 *
 * Each holder has one spelling: the order is fixed, and of the user's UTF-8 every byte is percent-encoded, in upper case, but
 * letters, digits, `-`, `.`, `_` and `~`.
 *
 * @throws CardumeError INVALID_FIELD when a part is malformed
 */
export function certificateUri(holder: CertificateHolder): string {
  if (holder.kind === 'index') return `cardume://${checkNetworkId(holder.networkId)}/index`;
  const { networkId, peerId, user, role } = checkPeerIdentity(holder.identity);
  return `cardume://${networkId}/peer/${peerId}?role=${role}&user=${encodeUser(user)}`;
}

/** Reads {@link certificateUri} back; undefined for every text that is not exactly one that it writes. */
export function parseCertificateUri(uri: string): CertificateHolder | undefined {
  const index = indexForm.exec(uri)?.[1];
  if (index !== undefined && isNetworkId(index)) return { kind: 'index', networkId: index };
  const [, networkId, peerId, role, encoded] = peerForm.exec(uri) ?? [];
  if (networkId === undefined || peerId === undefined || role === undefined || encoded === undefined) return undefined;
  const user = decodeUser(encoded);
  if (user === undefined || userNameProblem(user) !== null || encodeUser(user) !== encoded) return undefined;
  return isRole(role) ? { kind: 'peer', identity: { networkId, peerId, user, role } } : undefined;
}

function encodeUser(user: string): string {
  const percent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(user).replace(/[!'()*]/g, percent);
}

function decodeUser(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
