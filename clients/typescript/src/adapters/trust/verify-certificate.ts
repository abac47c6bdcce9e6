import type { X509Certificate } from 'node:crypto';
import { certificateRefused } from './read-certificate.ts';

/**
 * Verifies that one of several authorities signed a certificate, and that both are valid. It is what TLS does with the
 * authorities as `ca`, for where TLS is told to go on without: an authority signs all certificates itself, so that there is
 * one step and no path to search.
 *
 * @param authorities those that are trusted
 * @returns the one that signed
 * @throws CardumeError CERTIFICATE_REFUSED
 */
export function verifyCertificate(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
  nowMs: number,
): X509Certificate {
  const signer = authorities.find((authority) => hasSigned(authority, certificate));
  if (signer === undefined) throw certificateRefused('none of the authorities of this network signed it');
  checkValidity(signer, nowMs, 'the authority that signed it');
  checkValidity(certificate, nowMs, 'it');
  return signer;
}

/** Whether an authority signed a certificate: by its names, its key's use, and the signature itself. */
export function hasSigned(authority: X509Certificate, certificate: X509Certificate): boolean {
  return authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** @throws CardumeError CERTIFICATE_REFUSED, which says since or until when, unless a certificate is valid */
export function checkValidity({ validFromDate, validToDate }: X509Certificate, nowMs: number, which: string): void {
  if (nowMs < validFromDate.getTime()) {
    throw certificateRefused(
      `${which} is valid only from ${validFromDate.toISOString()}; look at the clock of this machine`,
    );
  }
  if (nowMs > validToDate.getTime()) throw certificateRefused(`${which} expired at ${validToDate.toISOString()}`);
}
