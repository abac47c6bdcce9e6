import { X509Certificate } from 'node:crypto';
import { CardumeError, messageOf } from '../../errors/cardume-error.ts';

/** How many certificates a PEM text may have: more than any authority has keys. */
export const maxCertificatesInPem = 32;

/** The longest PEM text of certificates in characters. */
export const maxPemLength = 262_144;

const block = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text, in their order; text between them does not matter.
 *
 * @param what what the text is, for the message: `authorities.pem`
 * @throws CardumeError INVALID_FIELD when there is none, one is malformed, or there are too many
 */
export function certificatesOfPem(pem: string, what: string): [X509Certificate, ...X509Certificate[]] {
  const blocks = pem.length > maxPemLength ? [] : (pem.match(block) ?? []);
  if (pem.length > maxPemLength || blocks.length > maxCertificatesInPem) {
    throw CardumeError.invalidField(
      what,
      `has more than ${maxCertificatesInPem} certificates, or ${maxPemLength} characters`,
    );
  }
  try {
    const [first, ...others] = blocks.map((text) => new X509Certificate(text));
    if (first !== undefined) return [first, ...others];
  } catch (error) {
    throw CardumeError.invalidField(what, `has a certificate that cannot be read: ${messageOf(error)}`);
  }
  throw CardumeError.invalidField(what, 'has no certificate in PEM');
}
