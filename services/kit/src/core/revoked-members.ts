import type { Revoked } from '@cardume/client';
import type { PeerIdentity } from '@cardume/client/trust';

/** Whose certificates are refused, as the index said last. While it is away, that stays. */
export class RevokedMembers {
  #users = new Set<string>();
  #peerIds = new Set<string>();

  replace({ users, peerIds }: Revoked): void {
    this.#users = new Set(users);
    this.#peerIds = new Set(peerIds);
  }

  has({ user, peerId }: Pick<PeerIdentity, 'user' | 'peerId'>): boolean {
    return this.#users.has(user) || this.#peerIds.has(peerId);
  }
}
