import { CardumeError, isHost, printable } from '@cardume/client';
import { maxIndexHosts } from '../limits.ts';

/** What the certificate of an index names besides its identity, for TLS clients that dial it by what it is called. */
export interface IndexHosts {
  dnsNames: string[];
  ipAddresses: string[];
}

const always: IndexHosts = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] };

/**
 * The hosts that stand in the certificate of the index: `localhost`, the loopback addresses, and those that its operator gives
 * on the machine itself. They are no claims of strangers; of a peer no host gets into any certificate.
 *
 * @param hosts DNS names and IP addresses, without ports; at most 32
 * @throws CardumeError INVALID_FIELD
 */
export function indexHosts(hosts: readonly string[]): IndexHosts {
  if (hosts.length > maxIndexHosts) throw CardumeError.invalidField('hosts', `at most ${maxIndexHosts} may be given`);
  const [dnsNames, ipAddresses] = [new Set(always.dnsNames), new Set(always.ipAddresses)];
  for (const host of hosts) {
    const address = /^[\d.]+$/.test(host) ? host : ipv6(host);
    // An address with a zone is one only on this machine; underscores are no part of DNS names in certificates.
    if (!isHost(host) || host.includes('%') || host.includes('_') || (host.includes(':') && address === undefined)) {
      throw CardumeError.invalidField('hosts', `"${printable(host.slice(0, 253))}" is no DNS name and no IP address`);
    }
    if (address === undefined) dnsNames.add(host.toLowerCase());
    else ipAddresses.add(address);
  }
  return { dnsNames: [...dnsNames], ipAddresses: [...ipAddresses] };
}

/** An IPv6 address in its one canonical form, without brackets. */
function ipv6(text: string): string | undefined {
  return text.includes(':') ? URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) : undefined;
}
