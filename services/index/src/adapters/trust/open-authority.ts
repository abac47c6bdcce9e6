import { X509Certificate } from 'node:crypto';
import { CardumeError } from '@cardume/client';
import {
  certificateUri,
  hasSigned,
  indexServerName,
  keyIdOf,
  networkIdOf,
  type PeerIdentity,
  peerServerName,
  publicKeyDerOf,
} from '@cardume/client/trust';
import { type AuthorityKey, type AuthorityRecord, formatAuthority } from '../../core/trust/authority-record.ts';
import { indexHosts } from '../../core/trust/index-hosts.ts';
import { defaultCertificateLifetimeMs, validityOf } from '../../core/trust/validity.ts';
import { checkSigningRequest } from './check-signing-request.ts';
import { type AuthorityComponents, signerOf } from './make-authority-key.ts';
import { type Signer, type Subject, signCertificate } from './sign-certificate.ts';

/** What a network decides of a peer that asks for a certificate. */
export interface PeerTerms extends Pick<PeerIdentity, 'user' | 'role'> {
  /** How long the certificate is good for, 1 minute to 7 days. Default: 12 h. */
  lifetimeMs?: number;
}

/** A certificate that was issued. */
export interface IssuedCertificate {
  /** PEM. */
  certificate: string;
  /** Upper-case hex. */
  serialNumber: string;
  notAfterMs: number;
}

/** A network's authority, ready to sign. */
export interface Authority {
  readonly networkId: string;
  /** The certificates of all keys that are trusted now, in PEM: what peers get at enrolment and each renewal, as `ca`. */
  readonly trusted: string;
  /**
   * Issues a peer's certificate for its signing request, of which only the key is taken.
   *
   * @param requestDer PKCS #10
   * @throws CardumeError INVALID_FIELD when request or terms are malformed; STORAGE_FAILED when the authority has ended
   */
  issue(requestDer: Uint8Array, terms: PeerTerms): IssuedCertificate & { identity: PeerIdentity };
  /**
   * Issues a certificate for the index itself.
   *
   * @param publicKeyDer the SubjectPublicKeyInfo of the index's own key, which is none of the authority's
   * @param hosts DNS names and IP addresses of the index, by which other programs dial it
   * @returns `chain` is what the index shows in PEM: the certificate, and from key to key what leads to the network's id
   * @throws CardumeError INVALID_FIELD when a host is malformed; STORAGE_FAILED when the authority has ended
   */
  issueForIndex(
    publicKeyDer: Uint8Array,
    terms?: { hosts?: readonly string[]; lifetimeMs?: number },
  ): IssuedCertificate & { chain: string };
}

/**
 * Makes an authority ready to sign.
 *
 * @throws CardumeError INVALID_FIELD when its keys and certificates do not go together
 */
export function openAuthority(record: AuthorityRecord, components: AuthorityComponents): Authority {
  formatAuthority(record);
  const certificates = record.keys.map(readCertificates);
  const networkId = checkHandovers(certificates);
  const { signer, validity } = signingKey(record, certificates);
  const handovers = certificates.toReversed().map(({ own, handover }) => (handover ?? own).toString());

  const issue = (subject: Subject, lifetimeMs = defaultCertificateLifetimeMs): IssuedCertificate => {
    const period = validityOf(components.nowMs(), lifetimeMs, validity);
    const certificate = signCertificate(signer, subject, period, components.randomBytes);
    const { serialNumber } = certificate;
    return { certificate: certificate.toString(), serialNumber, notAfterMs: period.notAfterMs };
  };

  return {
    networkId,
    trusted: record.keys.flatMap(({ state, certificate }) => (state === 'retired' ? [] : [certificate])).join(''),
    issue(requestDer, { user, role, lifetimeMs }) {
      const publicKeyDer = checkSigningRequest(requestDer);
      const identity = { networkId, peerId: keyIdOf(publicKeyDer), user, role };
      const uri = certificateUri({ kind: 'peer', identity });
      const dnsNames = [peerServerName(networkId, identity.peerId)];
      return { ...issue({ publicKeyDer, names: { uri, dnsNames, ipAddresses: [] } }, lifetimeMs), identity };
    },
    issueForIndex(publicKeyDer, { hosts = [], lifetimeMs } = {}) {
      const { dnsNames, ipAddresses } = indexHosts(hosts);
      const uri = certificateUri({ kind: 'index', networkId });
      const names = { uri, dnsNames: [indexServerName(networkId), ...dnsNames], ipAddresses };
      const issued = issue({ publicKeyDer, names }, lifetimeMs);
      const signingAt = record.keys.findIndex(({ state }) => state === 'signing');
      // Not the handover to a next key: that one signs nothing yet.
      const leading = handovers.slice(record.keys.length - 1 - signingAt);
      return { ...issued, chain: [issued.certificate, ...leading].join('') };
    },
  };
}

interface KeyCertificates {
  own: X509Certificate;
  handover: X509Certificate | undefined;
}

function readCertificates({ certificate, handover }: AuthorityKey): KeyCertificates {
  try {
    return {
      own: new X509Certificate(certificate),
      handover: handover === undefined ? undefined : new X509Certificate(handover),
    };
  } catch (error) {
    throw new CardumeError('INVALID_FIELD', 'authority: has a certificate that cannot be read', { cause: error });
  }
}

/** Checks who signed whom. @returns the network's id */
function checkHandovers(certificates: readonly KeyCertificates[]): string {
  for (const [position, { own, handover }] of certificates.entries()) {
    const isSame = handover === undefined || publicKeyDerOf(handover).equals(publicKeyDerOf(own));
    const before = certificates[position - 1]?.own ?? own;
    if (!hasSigned(own, own) || !isSame || !hasSigned(before, handover ?? own)) {
      throw CardumeError.invalidField('authority', 'has certificates that do not belong to each other');
    }
  }
  const first = certificates[0];
  if (first === undefined) throw CardumeError.invalidField('authority', 'has no key');
  return networkIdOf(publicKeyDerOf(first.own));
}

/** The key that signs, which must be that of its certificate, and when that is valid. */
function signingKey({ keys }: AuthorityRecord, certificates: readonly KeyCertificates[]) {
  for (const [position, { privateKey, state }] of keys.entries()) {
    const own = certificates[position]?.own;
    if (privateKey === undefined || own === undefined) continue;
    const signer: Signer = signerOf(privateKey);
    if (!own.checkPrivateKey(signer.privateKey) || own.subject !== `CN=${signer.commonName}`) {
      throw CardumeError.invalidField('authority', 'has a private key that is not that of its certificate');
    }
    if (state === 'signing') {
      const { validFromDate, validToDate } = own;
      return { signer, validity: { notBeforeMs: validFromDate.getTime(), notAfterMs: validToDate.getTime() } };
    }
  }
  throw CardumeError.invalidField('authority', 'has no key that signs');
}
