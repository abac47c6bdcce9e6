import type { ClientTls } from '../../core/model/client-tls.ts';
import type { PeerIdentity } from '../../core/trust/peer-identity.ts';
import { renewAfterMs, retryAfterMs } from '../../core/trust/renewal-times.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';
import { currentMembership, loadEnrol, type MembershipInit } from './current-membership.ts';
import { type IdentityFolder, type KeptMembership, openIdentityFolder } from './identity-folder.ts';

/** A network that this machine is part of, with the certificate by which it is known there. */
export interface Network {
  readonly networkId: string;
  /** Who this machine is there, as of its last certificate. */
  readonly identity: PeerIdentity;
  /** When the certificate ends, in milliseconds since 1970. */
  readonly notAfterMs: number;
  /** How to connect to the index. @throws CardumeError CERTIFICATE_REFUSED when the certificate has ended: why it was not renewed */
  tlsOfIndex(): ClientTls;
  /** How to connect to a peer; undefined: to any of the network. Throws as `tlsOfIndex` does. */
  tlsOfPeer(peerId: string | undefined): ClientTls;
  /** With what to serve to the network's members. */
  serverTls(): { certificate: string; privateKey: string; clientAuthority: string };
  /** Renews the certificate now, rather than when it is due. @throws CardumeError what `openNetwork` throws */
  renew(): Promise<void>;
  /** Calls a listener after each renewal, until the function that is returned is called. */
  onRenewed(listener: () => void): () => void;
  /** Renews no more. */
  close(): void;
}

/** Which network to open. */
export interface NetworkInit extends MembershipInit {
  /** Told when a renewal failed, which is tried again. It must not throw. */
  onProblem?: (problem: CardumeError) => void;
}

/**
 * Opens a network: enrols, if this machine has no certificate of it or one that has ended, and renews it from then on when
 * half of its time has gone. While the index is away, what there is goes on until it ends; when the index is back, it enrols again
 * by what proof there is.
 *
 * @throws CardumeError CERTIFICATE_REFUSED when there is no certificate and no token of either kind; what `enrol` throws
 */
export async function openNetwork(init: NetworkInit): Promise<Network> {
  const identity = await openIdentityFolder(init.folder);
  const first = await currentMembership(identity, init);
  return new RenewingNetwork(identity, first, init);
}

class RenewingNetwork implements Network {
  readonly #identity: IdentityFolder;
  readonly #init: NetworkInit;
  readonly #listeners = new Set<() => void>();
  #membership: KeptMembership;
  #timer: NodeJS.Timeout | undefined;
  /** Why it could not be renewed last. */
  #problem: CardumeError | undefined;
  #isClosed = false;

  constructor(identity: IdentityFolder, membership: KeptMembership, init: NetworkInit) {
    this.#identity = identity;
    this.#membership = membership;
    this.#init = init;
    this.#renewIn(renewAfterMs(membership, Date.now()));
  }

  get networkId(): string {
    return this.#membership.networkId;
  }

  get identity(): PeerIdentity {
    return this.#membership.identity;
  }

  get notAfterMs(): number {
    return this.#membership.notAfterMs;
  }

  tlsOfIndex(): ClientTls {
    return { ...this.#ownTls(), expects: { kind: 'index', networkId: this.networkId } };
  }

  tlsOfPeer(peerId: string | undefined): ClientTls {
    const whom = peerId === undefined ? {} : { peerId };
    return { ...this.#ownTls(), expects: { kind: 'peer', networkId: this.networkId, ...whom } };
  }

  serverTls(): { certificate: string; privateKey: string; clientAuthority: string } {
    const { certificate, authorities } = this.#membership;
    return { certificate, privateKey: this.#identity.privateKey, clientAuthority: authorities };
  }

  async renew(): Promise<void> {
    this.#membership = this.#hasEnded ? await currentMembership(this.#identity, this.#init) : await this.#renewed();
    this.#problem = undefined;
    for (const listener of this.#listeners) listener();
  }

  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** By its certificate; or by what proof there is where that is none any more, as its authority's key was retired. */
  async #renewed(): Promise<KeptMembership> {
    const { networkId, addresses, token } = this.#init;
    const asked = { identity: this.#identity, networkId, addresses };
    const enrol = await loadEnrol();
    try {
      return await enrol({ ...asked, proof: undefined });
    } catch (error) {
      if (token === undefined || cardumeErrorFrom(error).reason !== 'CERTIFICATE_REFUSED') throw error;
      return enrol({ ...asked, proof: { token } });
    }
  }

  get #hasEnded(): boolean {
    return this.#membership.notAfterMs <= Date.now();
  }

  #ownTls(): ClientTls {
    if (this.#hasEnded) throw this.#endedError();
    const { certificate, authorities } = this.#membership;
    return { authority: authorities, certificate, privateKey: this.#identity.privateKey };
  }

  #endedError(): CardumeError {
    const ended = new Date(this.notAfterMs).toISOString();
    const why = this.#problem === undefined ? '' : `, and was not renewed: ${this.#problem.message}`;
    return new CardumeError('CERTIFICATE_REFUSED', `this machine's certificate has ended at ${ended}${why}`);
  }

  #renewIn(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#renewWhenDue(), Math.max(0, delayMs));
    // A process that has nothing else to do ends.
    this.#timer.unref();
  }

  #renewWhenDue(): void {
    const afterMs = renewAfterMs(this.#membership, Date.now());
    if (afterMs > 0) this.#renewIn(afterMs);
    else void this.#tryRenewing();
  }

  async #tryRenewing(): Promise<void> {
    try {
      await this.renew();
      // It began minutes ago, for clocks that are behind: of a short one half of its time has gone from the first.
      const halfOfRestMs = (this.#membership.notAfterMs - Date.now()) / 2;
      this.#renewIn(Math.max(halfOfRestMs, renewAfterMs(this.#membership, Date.now())));
    } catch (error) {
      this.#problem = cardumeErrorFrom(error);
      this.#init.onProblem?.(this.#problem);
      this.#renewIn(retryAfterMs(this.#membership, Date.now(), this.#problem.code === 'UNAUTHENTICATED'));
    }
  }
}
