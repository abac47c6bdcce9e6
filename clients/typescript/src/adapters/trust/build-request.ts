import { sign } from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Name, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';
import { ecdsaWithSha256 } from '../../core/trust/algorithms.ts';
import { publicKeyDerOfPrivate, readPrivateKey } from './read-key.ts';

/** See `makeRequest`, which loads this and the library that it takes. */
export function buildRequest(privateKeyPem: string): Uint8Array {
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
