import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { CardumeError } from '../../errors/cardume-error.ts';

/**
 * Reads a private key in PEM.
 *
 * @param what what the text is, for the message: `key.pem`
 * @throws CardumeError INVALID_FIELD, which never holds the text, unless it is an ECDSA P-256 key without passphrase
 */
export function readPrivateKey(pem: string, what: string): KeyObject {
  const key = parse(pem);
  if (key?.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw CardumeError.invalidField(what, 'is not a private key of ECDSA P-256 in PEM, without a passphrase');
  }
  return key;
}

/** The DER SubjectPublicKeyInfo that belongs to a private key. */
export function publicKeyDerOfPrivate(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function parse(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
