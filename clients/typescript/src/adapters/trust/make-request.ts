import { sign } from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Name, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';
import { publicKeyDerOfPrivate, readPrivateKey } from './read-key.ts';

/** ECDSA with SHA-256, as X.509 names it (RFC 5758). */
export const ecdsaWithSha256 = '1.2.840.10045.4.3.2';

/**
 * Makes a certificate signing request (PKCS #10) for a private key. It says nothing but the public key, and proves by its
 * signature that whoever made it has the private one; all else in a certificate comes from the network.
 *
 * @param privateKeyPem as `makeKey` makes it
 * @returns DER
 * @throws CardumeError INVALID_FIELD when it is no ECDSA P-256 key
 */
export function makeRequest(privateKeyPem: string): Uint8Array {
  const key = readPrivateKey(privateKeyPem, 'key');
  const certificationRequestInfo = new CertificationRequestInfo({
    subject: new Name(),
    subjectPKInfo: AsnConvert.parse(publicKeyDerOfPrivate(key), SubjectPublicKeyInfo),
  });
  const signed = Buffer.from(AsnConvert.serialize(certificationRequestInfo));
  const request = new CertificationRequest({
    certificationRequestInfo,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 }),
    signature: new Uint8Array(sign('sha256', signed, key)).buffer,
  });
  return new Uint8Array(AsnConvert.serialize(request));
}
