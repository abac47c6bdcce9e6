import { CardumeError, isHost, type Lease, printable } from '@cardume/client';
import { maxLeaseSecretBytes } from './limits.ts';

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

function wrongAnswer(what: string): CardumeError {
  return new CardumeError('INTERNAL', `the index answered wrongly: it ${what}; check that --index is the right one`);
}
