import { keyIdOf, makeKey, publicKeyDerOfPrivate, readPrivateKey } from '@cardume/client/trust';
import type { AuthorityKey } from '../../core/trust/authority-record.ts';
import { authorityValidityOf } from '../../core/trust/validity.ts';
import { type Signer, signCertificate } from './sign-certificate.ts';

/** What the making of keys and certificates needs besides. */
export interface AuthorityComponents {
  nowMs: () => number;
  randomBytes: (count: number) => Uint8Array;
}

/**
 * Makes a key of an authority, good for ten years from now on.
 *
 * @param before the key that hands over to it. Default: none, it is the first one of a network
 * @returns its state is `signing` when it is the first one, otherwise `next`
 */
export async function makeAuthorityKey(components: AuthorityComponents, before?: Signer): Promise<AuthorityKey> {
  const privateKey = await makeKey();
  const self = signerOf(privateKey);
  const validity = authorityValidityOf(components.nowMs());
  const subject = { publicKeyDer: self.publicKeyDer, authority: { commonName: self.commonName } };
  const certify = (signer: Signer): string =>
    signCertificate(signer, subject, validity, components.randomBytes).toString();
  const made = { certificate: certify(self), privateKey };
  return before === undefined ? { state: 'signing', ...made } : { state: 'next', ...made, handover: certify(before) };
}

/**
 * A private key of an authority, as it signs. Each key has a name of its own, so that no two keys are taken for one.
 *
 * @throws CardumeError INVALID_FIELD unless it is an ECDSA P-256 key
 */
export function signerOf(privateKeyPem: string): Signer {
  const privateKey = readPrivateKey(privateKeyPem, 'authority');
  const publicKeyDer = publicKeyDerOfPrivate(privateKey);
  return { commonName: `cardume authority ${keyIdOf(publicKeyDer).slice(0, 32)}`, publicKeyDer, privateKey };
}
