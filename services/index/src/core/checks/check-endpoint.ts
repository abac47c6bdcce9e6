import { CardumeError, isHost } from '@cardume/client';
import type { AddressPolicy } from '../addresses/address-policy.ts';

const unspecified = new Set(['0.0.0.0', '::', '::0', '0:0:0:0:0:0:0:0']);

/**
 * Checks where a peer says that it can be dialled.
 *
 * @param host empty: at the address that it calls from
 * @param seenHost the host that the call came from, if it has one
 * @param policy which addresses it may have
 * @returns the host that others are given
 * @throws CardumeError INVALID_FIELD
 */
export function checkEndpoint(host: string, port: number, seenHost: string | undefined, policy: AddressPolicy): string {
  if (port < 1 || port > 65_535) throw CardumeError.invalidField('port', 'must be 1 to 65535');
  if (host === '') {
    if (seenHost === undefined) {
      throw CardumeError.invalidField('host', 'the index cannot see the address that you call from; give one');
    }
    checkAllowed(seenHost, seenHost, policy);
    return seenHost;
  }
  if (!isHost(host)) {
    throw CardumeError.invalidField('host', 'must be a DNS name or an IP address, without a port or brackets');
  }
  if (unspecified.has(host)) {
    throw CardumeError.invalidField('host', `${host} is no address to dial; leave it empty for the one the index sees`);
  }
  checkAllowed(host, seenHost, policy);
  return host;
}

function checkAllowed(host: string, seenHost: string | undefined, policy: AddressPolicy): void {
  const problem = policy.problemOf(host, seenHost);
  if (problem === undefined) return;
  throw CardumeError.invalidField(
    'host',
    `${host} ${problem}; listen on all interfaces (--listen 0.0.0.0:0) and leave it empty for the address that the index sees, ` +
      'or say one that others reach (--advertise HOST:PORT)',
  );
}
