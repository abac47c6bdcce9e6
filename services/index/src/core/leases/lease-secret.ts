import { createHash, timingSafeEqual } from 'node:crypto';
import { CardumeError } from '@cardume/client';
import { maxSecretBytes } from '../limits.ts';

/** What is stored of a lease secret: who reads the database cannot end a lease with it. */
export function hashLeaseSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}

/** Whether a secret is the one with that hash; it takes as long either way. */
export function isLeaseSecret(secret: string, secretHash: Uint8Array): boolean {
  return timingSafeEqual(hashLeaseSecret(secret), secretHash);
}

/** @throws CardumeError INVALID_FIELD when a text is too long to be a secret */
export function checkSecretForm(secret: string): string {
  if (Buffer.byteLength(secret) > maxSecretBytes) {
    throw CardumeError.invalidField('lease_secret', `must have at most ${maxSecretBytes} bytes`);
  }
  return secret;
}
