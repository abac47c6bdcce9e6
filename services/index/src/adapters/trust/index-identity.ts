import type { ClientTls } from '@cardume/client';
import { makeKey, publicKeyDerOfPrivate, readPrivateKey } from '@cardume/client/trust';
import type { ServerTls } from '@cardume/service-kit';
import type { Authority } from './open-authority.ts';

/** The index's own key and certificate. The key lives as long as the process: nobody knows an index by its key. */
export interface IndexIdentity {
  /** With what the index serves. Callers need no certificate for all of it. */
  serverTls(): ServerTls;
  /** How the index connects to a peer. */
  tlsOfPeer(peerId: string): ClientTls;
  /** When the certificate is to be renewed, in milliseconds since 1970. */
  readonly renewAtMs: number;
  /** Makes another certificate for the same key. */
  renew(): void;
}

/**
 * Makes the index's key and certificate.
 *
 * @param authority the one that signs now
 * @param hosts by which other programs dial it, besides `localhost`
 */
export async function makeIndexIdentity(
  authority: () => Pick<Authority, 'networkId' | 'trusted' | 'issueForIndex'>,
  hosts: readonly string[],
  nowMs: () => number,
): Promise<IndexIdentity> {
  const privateKey = await makeKey();
  const publicKeyDer = publicKeyDerOfPrivate(readPrivateKey(privateKey, 'key'));
  const issue = () => {
    const issued = authority().issueForIndex(publicKeyDer, { hosts });
    return { ...issued, renewAtMs: nowMs() + (issued.notAfterMs - nowMs()) / 2 };
  };
  let current = issue();
  const { networkId } = authority();
  return {
    serverTls: () => ({
      certificate: current.chain,
      privateKey,
      clientAuthority: authority().trusted,
      isClientOptional: true,
    }),
    tlsOfPeer: (peerId) => ({
      authority: authority().trusted,
      certificate: current.certificate,
      privateKey,
      expects: { kind: 'peer', networkId, peerId },
    }),
    get renewAtMs() {
      return current.renewAtMs;
    },
    renew() {
      current = issue();
    },
  };
}
