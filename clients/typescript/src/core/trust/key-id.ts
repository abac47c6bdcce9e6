import { createHash } from 'node:crypto';

const keyIdForm = /^[0-9a-f]{64}$/;

/**
 * What a public key is known by: the SHA-256 of its DER SubjectPublicKeyInfo, as 64 lower-case hex digits. A peer's id is
 * that of the peer's key, a network's id that of the first key of its authority.
 *
 * @param publicKeyDer the SubjectPublicKeyInfo; for P-256 with the named curve and the uncompressed point, as everybody
 *   writes it, so that one key has one id
 */
export function keyIdOf(publicKeyDer: Uint8Array): string {
  return createHash('sha256').update(publicKeyDer).digest('hex');
}

/** Whether a text is the id of a key: 64 lower-case hex digits. */
export function isKeyId(text: string): boolean {
  return keyIdForm.test(text);
}
