/** ECDSA with SHA-256, as X.509 names it (RFC 5758). */
export const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
