import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { CardumeError } from '@cardume/client';
import { ecdsaWithSha256 } from '@cardume/client/trust';
import { CertificationRequest } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { maxSigningRequestBytes, maxSigningRequestParts } from '../../core/limits.ts';
import { countDerParts } from '../../core/trust/count-der-parts.ts';

// How every SubjectPublicKeyInfo begins that is a P-256 key by its named curve and an uncompressed point. Another spelling of
// the same key would be another peer id.
const p256Start = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');
const p256Bytes = 91;

/**
 * Checks a certificate signing request, and that whoever made it has the private key. Whatever it claims, in its subject or
 * in extensions that it asks for, is not looked at.
 *
 * @param der PKCS #10
 * @returns the DER SubjectPublicKeyInfo of its key: the one thing that is taken from it
 * @throws CardumeError INVALID_FIELD, which says what is wrong with it
 */
export function checkSigningRequest(der: Uint8Array, field = 'certificate_request'): Buffer {
  if (der.length > maxSigningRequestBytes) {
    throw CardumeError.invalidField(field, `has ${der.length} bytes; at most ${maxSigningRequestBytes} are taken`);
  }
  if (Buffer.from(der.subarray(0, 10)).toString('latin1') === '-----BEGIN') {
    throw CardumeError.invalidField(field, 'is PEM; send the DER that is in it');
  }
  // To read thousands of them takes ten milliseconds and more, in which an index answers nobody.
  if (countDerParts(der, maxSigningRequestParts) > maxSigningRequestParts) {
    throw CardumeError.invalidField(field, `has more than ${maxSigningRequestParts} parts; only its key is taken`);
  }
  // Of its own memory: what a message is decoded from may be a view of a larger buffer.
  const request = parse(Uint8Array.from(der), field);
  const { certificationRequestInfo, certificationRequestInfoRaw, signatureAlgorithm, signature } = request;
  const publicKeyDer = Buffer.from(AsnConvert.serialize(certificationRequestInfo.subjectPKInfo));
  const key = readP256(publicKeyDer, field);
  if (signatureAlgorithm.algorithm !== ecdsaWithSha256) {
    throw CardumeError.invalidField(field, 'must be signed with ECDSA and SHA-256');
  }
  const signed = Buffer.from(certificationRequestInfoRaw ?? new ArrayBuffer(0));
  if (!verify('sha256', signed, key, Buffer.from(signature))) {
    throw CardumeError.invalidField(field, 'its signature is not by the key that it is for');
  }
  return publicKeyDer;
}

function parse(der: Uint8Array, field: string): CertificationRequest {
  try {
    return AsnConvert.parse(der, CertificationRequest);
  } catch (error) {
    const problem = 'is no certificate signing request in DER (PKCS #10)';
    throw new CardumeError('INVALID_FIELD', `${field}: ${problem}`, {
      metadata: { field },
      fieldViolations: [{ field, description: problem }],
      cause: error,
    });
  }
}

function readP256(publicKeyDer: Buffer, field: string): KeyObject {
  const hasForm = publicKeyDer.length === p256Bytes && publicKeyDer.subarray(0, p256Start.length).equals(p256Start);
  try {
    // OpenSSL looks whether the point is on the curve.
    if (hasForm) return createPublicKey({ key: publicKeyDer, type: 'spki', format: 'der' });
  } catch {
    // Said below.
  }
  throw CardumeError.invalidField(field, 'must be for an ECDSA P-256 key, with an uncompressed point');
}
