/**
 * Makes a certificate signing request (PKCS #10) for a private key. It says nothing but the public key, and proves by its
 * signature that whoever made it has the private one; all else in a certificate comes from the network.
 *
 * @param privateKeyPem as `makeKey` makes it
 * @returns DER
 * @throws CardumeError INVALID_FIELD when it is no ECDSA P-256 key
 */
export async function makeRequest(privateKeyPem: string): Promise<Uint8Array> {
  // The library takes longer to load than most commands run, and a machine enrols rarely.
  const { buildRequest } = await import('./build-request.ts');
  return buildRequest(privateKeyPem);
}
