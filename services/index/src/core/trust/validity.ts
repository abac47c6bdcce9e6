import { CardumeError } from '@cardume/client';
import { maxCertificateLifetimeMs, minCertificateLifetimeMs } from '../limits.ts';

/** From when to when a certificate is valid, in milliseconds since 1970; whole seconds, as X.509 has them. */
export interface Validity {
  notBeforeMs: number;
  notAfterMs: number;
}

/** How long a certificate is valid when nobody says: half a day; it is renewed long before. */
export const defaultCertificateLifetimeMs = 12 * 3_600_000;

/** How long the key of an authority is good for: ten years. */
export const authorityLifetimeMs = 3_652 * 24 * 3_600_000;

/** A certificate begins as long before it is issued, so that a clock that is minutes behind takes it, too. */
export const clockSkewMs = 10 * 60_000;

/**
 * When a certificate that is issued now is valid. It ends with the authority that signs it, at the latest.
 *
 * @param lifetimeMs how long from now on: 1 minute to 7 days
 * @throws CardumeError INVALID_FIELD when the lifetime is none; STORAGE_FAILED when the authority has less than the shortest lifetime left
 */
export function validityOf(nowMs: number, lifetimeMs: number, authority: Validity): Validity {
  if (!(lifetimeMs >= minCertificateLifetimeMs && lifetimeMs <= maxCertificateLifetimeMs)) {
    const [least, most] = [minCertificateLifetimeMs, maxCertificateLifetimeMs].map((ms) => ms / 60_000);
    throw CardumeError.invalidField('lifetime', `must be ${least} to ${most} minutes`);
  }
  if (authority.notAfterMs - nowMs < minCertificateLifetimeMs) {
    const end = new Date(authority.notAfterMs).toISOString();
    throw new CardumeError(
      'STORAGE_FAILED',
      `the key of this network's authority is good only until ${end}; go on with the next one`,
    );
  }
  return {
    notBeforeMs: wholeSeconds(Math.max(nowMs - clockSkewMs, authority.notBeforeMs)),
    notAfterMs: wholeSeconds(Math.min(nowMs + lifetimeMs, authority.notAfterMs)),
  };
}

/** When the key of an authority that is made now is good. */
export function authorityValidityOf(nowMs: number): Validity {
  return { notBeforeMs: wholeSeconds(nowMs - clockSkewMs), notAfterMs: wholeSeconds(nowMs + authorityLifetimeMs) };
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}
