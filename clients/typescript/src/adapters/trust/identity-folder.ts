import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { keyIdOf } from '../../core/trust/key-id.ts';
import { isNetworkId } from '../../core/trust/network-id.ts';
import type { PeerIdentity } from '../../core/trust/peer-identity.ts';
import { CardumeError, messageOf } from '../../errors/cardume-error.ts';
import { checkPeerCertificate } from './check-peer-certificate.ts';
import { makeKey } from './make-key.ts';
import { createSecretFile, makeOwnerFolder, readTrustFile, replaceTrustFile } from './owner-file.ts';
import { publicKeyDerOfPrivate, readPrivateKey } from './read-key.ts';
import { certificatesOfPem } from './read-pem.ts';

/** What a network gave to a peer that enrolled. */
export interface Membership {
  networkId: string;
  /** The peer's certificate, in PEM. */
  certificate: string;
  /** The authorities of the network that are trusted now, in PEM. */
  authorities: string;
}

/** A membership as it is kept, and what its certificate says; whether that is still valid, TLS says. */
export interface KeptMembership extends Membership {
  identity: PeerIdentity;
  /** The beginning of the certificate in milliseconds since 1970, some minutes before it was issued. */
  notBeforeMs: number;
  /** Its end. */
  notAfterMs: number;
}

/** A peer's key, and what the network gave for it, in a folder of their own. */
export interface IdentityFolder {
  /** Where it is. Its `certificate.pem`, `key.pem` and `authorities.pem` are what grpcurl takes. */
  readonly path: string;
  /** The peer's private key, in PEM. It never changes, and with it never the peer's id. */
  readonly privateKey: string;
  /** The SHA-256 of its public key. */
  readonly peerId: string;
  /** Undefined until the peer has enrolled. */
  readonly membership: KeptMembership | undefined;
  /**
   * Keeps what the network gave, at enrolment and at each renewal. After a crash at any moment the folder has what it had, or
   * what was given, or new authorities beside the old certificate, which they include.
   *
   * @throws CardumeError CERTIFICATE_REFUSED when the certificate is not one for this key and that network; INVALID_FIELD
   *   when a part cannot be read, or the folder is of another network
   */
  keep(membership: Membership): Promise<KeptMembership>;
}

/**
 * Opens the folder of a peer's identity; makes it, with a new key, where there is none.
 *
 * @throws CardumeError NOT_ALLOWED when others may read the key or write to the folder; INVALID_FIELD or
 *   CERTIFICATE_REFUSED when what is in it cannot be used
 */
export async function openIdentityFolder(path: string): Promise<IdentityFolder> {
  const at = (name: string): string => join(path, name);
  await makeOwnerFolder(path);
  const privateKey = await openKey(at('key.pem'));
  const peerId = keyIdOf(publicKeyDerOfPrivate(readPrivateKey(privateKey, at('key.pem'))));
  let membership = await readMembership(path, peerId);

  return {
    path,
    privateKey,
    peerId,
    get membership() {
      return membership;
    },
    async keep(given) {
      const kept = checkMembership(given, peerId, (name) => name);
      const known = await readTrustFile(at('network'), false);
      if (known !== undefined && known.trim() !== given.networkId) {
        throw CardumeError.invalidField(
          'network_id',
          `${path} is of another network, ${known.trim().slice(0, 64)}; use another folder`,
        );
      }
      if (known === undefined) await replaceTrustFile(at('network'), `${given.networkId}\n`, false);
      // The authorities before the certificate: while they change, they hold the old ones, too, and never lack one in use.
      await replaceTrustFile(at('authorities.pem'), given.authorities, false);
      await replaceTrustFile(at('certificate.pem'), given.certificate, false);
      membership = kept;
      return kept;
    },
  };
}

/** The key in a file, or a new one that it then holds. */
async function openKey(path: string): Promise<string> {
  const existing = await readTrustFile(path, true);
  if (existing !== undefined) return existing;
  const made = await makeKey();
  if (await createSecretFile(path, made)) return made;
  // Another process has made one meanwhile.
  return (await readTrustFile(path, true)) ?? made;
}

/** Undefined when the last thing to be written is not there: the peer has not enrolled, or was killed just then. */
async function readMembership(path: string, peerId: string): Promise<KeptMembership | undefined> {
  const names = ['network', 'certificate.pem', 'authorities.pem'];
  const [network, certificate, authorities] = await Promise.all(
    names.map((name) => readTrustFile(join(path, name), false)),
  );
  if (network === undefined || certificate === undefined || authorities === undefined) return undefined;
  return checkMembership({ networkId: network.trim(), certificate, authorities }, peerId, (name) => join(path, name));
}

function checkMembership(given: Membership, peerId: string, place: (name: string) => string): KeptMembership {
  if (!isNetworkId(given.networkId)) {
    throw CardumeError.invalidField(place('network'), 'must be the id of a network, 64 lower-case hex digits');
  }
  const [certificate] = certificatesOfPem(given.certificate, place('certificate.pem'));
  certificatesOfPem(given.authorities, place('authorities.pem'));
  const identity = identityOf(certificate, given.networkId, peerId, place('certificate.pem'));
  return {
    ...given,
    identity,
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
  };
}

/** As `checkPeerCertificate`; an error says which file it is about. */
function identityOf(certificate: X509Certificate, networkId: string, peerId: string, file: string): PeerIdentity {
  try {
    return checkPeerCertificate(certificate, networkId, peerId);
  } catch (error) {
    throw new CardumeError('CERTIFICATE_REFUSED', `${file}: ${messageOf(error)}`, { cause: error });
  }
}
