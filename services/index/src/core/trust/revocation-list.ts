import type { PeerIdentity } from '@cardume/client/trust';
import { maxCertificateLifetimeMs } from '../limits.ts';
import type { Revocations, UserStore } from './user-store.ts';

/**
 * Who was revoked, in memory: each call asks. What another replica revokes is known here after the next refresh.
 */
export class RevocationList {
  readonly #store: Pick<UserStore, 'revokedAfter'>;
  readonly #nowMs: () => number;
  #current: Revocations = { users: [], peerIds: [] };
  #users = new Set<string>();
  #peerIds = new Set<string>();

  constructor(store: Pick<UserStore, 'revokedAfter'>, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** All of them. */
  get current(): Revocations {
    return this.#current;
  }

  isRevoked({ user, peerId }: Pick<PeerIdentity, 'user' | 'peerId'>): boolean {
    return this.#users.has(user) || this.#peerIds.has(peerId);
  }

  /** Reads them anew: those whose certificates may not all have ended yet. */
  async refresh(): Promise<void> {
    this.#current = await this.#store.revokedAfter(this.#nowMs() - maxCertificateLifetimeMs);
    this.#users = new Set(this.#current.users);
    this.#peerIds = new Set(this.#current.peerIds);
  }
}
