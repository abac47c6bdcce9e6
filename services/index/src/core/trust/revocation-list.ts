import type { PeerIdentity } from '@cardume/client/trust';
import { RevokedMembers } from '@cardume/service-kit';
import { maxCertificateLifetimeMs } from '../limits.ts';
import type { Revocations, UserStore } from './user-store.ts';

/**
 * Who was revoked, in memory: each call asks. What another replica revokes is known here after the next refresh.
 */
export class RevocationList {
  readonly #store: Pick<UserStore, 'revokedAfter'>;
  readonly #nowMs: () => number;
  readonly #members = new RevokedMembers();
  #current: Revocations = { users: [], peerIds: [] };

  constructor(store: Pick<UserStore, 'revokedAfter'>, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /** All of them. */
  get current(): Revocations {
    return this.#current;
  }

  isRevoked(member: Pick<PeerIdentity, 'user' | 'peerId'>): boolean {
    return this.#members.has(member);
  }

  /** Reads them anew: those whose certificates may not all have ended yet. */
  async refresh(): Promise<void> {
    this.#current = await this.#store.revokedAfter(this.#nowMs() - maxCertificateLifetimeMs);
    this.#members.replace(this.#current);
  }
}
