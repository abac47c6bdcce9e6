import { CardumeError } from '../../errors/cardume-error.ts';
import { isKeyId } from './key-id.ts';
import { checkNetworkId } from './network-id.ts';
import { checkUserName } from './user-name.ts';

/** What a user may do: `reader` searches and downloads, `member` also shares and sends, `admin` also manages. */
export const roles = ['reader', 'member', 'admin'] as const;

/** See {@link roles}. */
export type Role = (typeof roles)[number];

/** What a peer's certificate says of it. */
export interface PeerIdentity {
  /** The network that it belongs to. */
  networkId: string;
  /** The SHA-256 of its public key (DER SubjectPublicKeyInfo): 64 lower-case hex digits. */
  peerId: string;
  /** Whose peer it is; see `userNameProblem` for what a name may be. */
  user: string;
  role: Role;
}

/** Whether a text from outside is a role. */
export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

/** @throws CardumeError INVALID_FIELD, naming the part that is malformed */
export function checkPeerIdentity(identity: PeerIdentity): PeerIdentity {
  checkNetworkId(identity.networkId);
  if (!isKeyId(identity.peerId)) throw CardumeError.invalidField('peer_id', 'must be 64 lower-case hex digits');
  checkUserName(identity.user);
  if (!isRole(identity.role)) throw CardumeError.invalidField('role', `must be one of ${roles.join(', ')}`);
  return identity;
}
