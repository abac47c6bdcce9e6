import { createHash, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { ecdsaWithSha256 } from '@cardume/client/trust';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import * as x509 from '@peculiar/asn1-x509';
import type { Validity } from '../../core/trust/validity.ts';

/** An authority's key as it signs. */
export interface Signer {
  /** What it calls itself in its own certificate. */
  commonName: string;
  publicKeyDer: Uint8Array;
  privateKey: KeyObject;
}

/** Whom a certificate is for. */
export interface Subject {
  /** The DER SubjectPublicKeyInfo. */
  publicKeyDer: Uint8Array;
  /** An authority, by the name that it has as a signer. */
  authority?: { commonName: string };
  /** Anybody else. */
  names?: { uri: string; dnsNames: readonly string[]; ipAddresses: readonly string[] };
}

const x509v3 = 2;
const commonNameType = '2.5.4.3';

/**
 * Makes and signs a certificate: of an authority (which signs no further authorities, but hands over to the next key), or of
 * a peer or the index, for either side of TLS.
 *
 * @param randomBytes for the serial number, 16 of them
 */
export function signCertificate(
  signer: Signer,
  subject: Subject,
  validity: Validity,
  randomBytes: (count: number) => Uint8Array,
): X509Certificate {
  const signature = new x509.AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const tbsCertificate = new x509.TBSCertificate({
    version: x509v3,
    serialNumber: bufferOf(serialNumber(randomBytes)),
    signature,
    issuer: nameOf(signer.commonName),
    validity: new x509.Validity({
      notBefore: new Date(validity.notBeforeMs),
      notAfter: new Date(validity.notAfterMs),
    }),
    subject: subject.authority === undefined ? new x509.Name() : nameOf(subject.authority.commonName),
    subjectPublicKeyInfo: AsnConvert.parse(subject.publicKeyDer, x509.SubjectPublicKeyInfo),
    extensions: new x509.Extensions(extensionsOf(signer, subject)),
  });
  const signed = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const signatureValue = bufferOf(sign('sha256', signed, signer.privateKey));
  const certificate = new x509.Certificate({ tbsCertificate, signatureAlgorithm: signature, signatureValue });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)));
}

/** A positive number of 16 bytes of which 126 bits are random (RFC 5280 allows 20 bytes, and nothing negative). */
function serialNumber(randomBytes: (count: number) => Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(randomBytes(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function extensionsOf(signer: Signer, { publicKeyDer, authority, names }: Subject): x509.Extension[] {
  const usage = authority === undefined ? x509.KeyUsageFlags.digitalSignature : authorityUsage;
  const constraints = authority === undefined ? { cA: false } : { cA: true, pathLenConstraint: 0 };
  const extensions = [
    extension(x509.id_ce_basicConstraints, true, new x509.BasicConstraints(constraints)),
    extension(x509.id_ce_keyUsage, true, new x509.KeyUsage(usage)),
    extension(x509.id_ce_subjectKeyIdentifier, false, new x509.SubjectKeyIdentifier(keyIdentifier(publicKeyDer))),
    extension(
      x509.id_ce_authorityKeyIdentifier,
      false,
      new x509.AuthorityKeyIdentifier({ keyIdentifier: new x509.KeyIdentifier(keyIdentifier(signer.publicKeyDer)) }),
    ),
  ];
  if (names === undefined) return extensions;
  const { uri, dnsNames, ipAddresses } = names;
  const alternatives = [
    new x509.GeneralName({ uniformResourceIdentifier: uri }),
    ...dnsNames.map((dNSName) => new x509.GeneralName({ dNSName })),
    ...ipAddresses.map((iPAddress) => new x509.GeneralName({ iPAddress })),
  ];
  const purposes = new x509.ExtendedKeyUsage([x509.id_kp_serverAuth, x509.id_kp_clientAuth]);
  return [
    ...extensions,
    extension(x509.id_ce_extKeyUsage, false, purposes),
    // Critical, as it must be where the subject is empty.
    extension(x509.id_ce_subjectAltName, true, new x509.SubjectAlternativeName(alternatives)),
  ];
}

const authorityUsage = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;

function extension(extnID: string, critical: boolean, value: unknown): x509.Extension {
  return new x509.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** Any digest of the key will do (RFC 7093): it only helps to find the one that signed. */
function keyIdentifier(publicKeyDer: Uint8Array): ArrayBuffer {
  return bufferOf(createHash('sha256').update(publicKeyDer).digest().subarray(0, 20));
}

function nameOf(commonName: string): x509.Name {
  const value = new x509.AttributeValue({ utf8String: commonName });
  const attribute = new x509.AttributeTypeAndValue({ type: commonNameType, value });
  return new x509.Name([new x509.RelativeDistinguishedName([attribute])]);
}

/** Bytes in a buffer of their own: the library writes the whole buffer. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
