import { CardumeError } from '@cardume/client';
import { maxFingerprintBytes } from '../limits.ts';

/** @throws CardumeError INVALID_FIELD when bytes are too many to be a list's fingerprint; what they are is the peer's affair */
export function checkFingerprint(fingerprint: Uint8Array): Uint8Array {
  if (fingerprint.length > maxFingerprintBytes) {
    throw CardumeError.invalidField('list_fingerprint', `must have at most ${maxFingerprintBytes} bytes`);
  }
  return fingerprint;
}
