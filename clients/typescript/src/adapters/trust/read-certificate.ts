import { X509Certificate } from 'node:crypto';
import { CardumeError } from '../../errors/cardume-error.ts';

/** The largest certificate that is looked at; ours have some 700 bytes, one with the most names some 5,000. */
export const maxCertificateBytes = 16_384;

/**
 * A certificate from DER, as it is sent, or as `tls` has it: `socket.getPeerX509Certificate()`, or the `raw` of
 * `getPeerCertificate()`.
 *
 * @throws CardumeError CERTIFICATE_REFUSED when there is none, it is malformed, or has more than 16 KiB
 */
export function readCertificate(certificate: X509Certificate | Uint8Array | undefined): X509Certificate {
  if (certificate === undefined) throw certificateRefused('there is no certificate');
  const der = 'raw' in certificate ? certificate.raw : certificate;
  if (der.length > maxCertificateBytes) throw certificateRefused(`it has more than ${maxCertificateBytes} bytes`);
  if ('raw' in certificate) return certificate;
  try {
    return new X509Certificate(der);
  } catch (error) {
    throw certificateRefused('it is no X.509 certificate in DER', error);
  }
}

/** The DER SubjectPublicKeyInfo of a certificate's key. @throws CardumeError CERTIFICATE_REFUSED when it is of an unknown kind */
export function publicKeyDerOf(certificate: X509Certificate): Buffer {
  try {
    return certificate.publicKey.export({ type: 'spki', format: 'der' });
  } catch (error) {
    throw certificateRefused('its key is of a kind that is not known here', error);
  }
}

/** The error for a certificate. @param problem what is wrong with it */
export function certificateRefused(problem: string, cause?: unknown): CardumeError {
  return new CardumeError(
    'CERTIFICATE_REFUSED',
    `certificate refused: ${problem}`,
    cause === undefined ? {} : { cause },
  );
}
