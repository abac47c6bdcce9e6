import { CardumeError, isHost, type Lease, printable } from '@cardume/client';
import { maxLeaseSecretBytes } from './limits.ts';
import type { AllowedUsers } from './share-rights.ts';

/**
 * Checks what an index answered to a join, before it is stored or shown: an index may be hostile or mistaken.
 *
 * @throws CardumeError INTERNAL when no index that keeps to the contract says such a thing
 */
export function checkLease({ host, leaseSecret }: Pick<Lease, 'host' | 'leaseSecret'>): void {
  if (!isHost(host)) throw wrongAnswer(`lists this peer at "${printable(host.slice(0, 100))}", which is no host`);
  if (Buffer.byteLength(leaseSecret) > maxLeaseSecretBytes) {
    throw wrongAnswer(`gave a lease secret of more than ${maxLeaseSecretBytes} bytes`);
  }
}

/** Whether an index hides a list from everybody but those who may see it, as it was asked to; an old one does not know of that. */
export function keepsRights({ allowedUsers: kept }: Pick<Lease, 'allowedUsers'>, asked: AllowedUsers): boolean {
  return asked === undefined || (kept.length > 0 && kept.every((user) => asked.includes(user)));
}

/** The error for an index that does not. */
export function rightsUnknown(): CardumeError {
  const problem = 'the index is too old to hide files from some users (--to), so that it was told of none; update it';
  return new CardumeError('METHOD_UNKNOWN', problem);
}

function wrongAnswer(what: string): CardumeError {
  return new CardumeError('INTERNAL', `the index answered wrongly: it ${what}; check that --index is the right one`);
}
