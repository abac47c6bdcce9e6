import { CardumeError } from '../../errors/cardume-error.ts';
import { isKeyId, keyIdOf } from './key-id.ts';

/**
 * A network's id: the SHA-256 of the first key of its authority. Whoever has it, from an invite, can tell the network's index
 * from any other server at first contact. It stays when the authority goes on with another key.
 *
 * @param publicKeyDer the DER SubjectPublicKeyInfo of that key
 * @returns 64 lower-case hex digits
 */
export function networkIdOf(publicKeyDer: Uint8Array): string {
  return keyIdOf(publicKeyDer);
}

/** Whether a text is a network's id: 64 lower-case hex digits. */
export function isNetworkId(text: string): boolean {
  return isKeyId(text);
}

/** @throws CardumeError INVALID_FIELD unless the text is a network's id */
export function checkNetworkId(text: string, field = 'network_id'): string {
  if (!isNetworkId(text)) throw CardumeError.invalidField(field, 'must be 64 lower-case hex digits');
  return text;
}
