import { type CertificateHolder, parseCertificateUri } from './certificate-uri.ts';

// Ours have some 600, those of an index with all the names that it may have some 5,000.
const maxNamesLength = 16_384;

/**
 * Whom a certificate is for, by its alternative names: exactly one URI, and that one of ours.
 *
 * @param subjectAltName as Node writes it: `URI:cardume://…, DNS:…`. Node quotes a name that could pass for several
 *   (CVE-2021-44532); ours never need that, so that a quote anywhere is a refusal
 * @returns undefined when it is nobody's
 */
export function holderOfNames(subjectAltName: string | undefined): CertificateHolder | undefined {
  if (subjectAltName === undefined || subjectAltName.length > maxNamesLength || subjectAltName.includes('"')) {
    return undefined;
  }
  const uris = subjectAltName.split(', ').filter((name) => name.startsWith('URI:'));
  return uris.length === 1 ? parseCertificateUri((uris[0] ?? '').slice('URI:'.length)) : undefined;
}
