import { isHost } from '@cardume/client';

const mappedIpv4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/**
 * The host that a call came from, out of what the transport says: `127.0.0.1:1234`, `[::1]:1234`, `::1:1234`, or
 * an IPv4 address mapped into IPv6, which becomes the IPv4 one. Undefined when it says no address.
 */
export function callerHost(transportPeer: string): string | undefined {
  const host = /^\[?([^[\]]+)\]?:\d+$/.exec(transportPeer)?.[1];
  if (host === undefined) return undefined;
  const plain = mappedIpv4.exec(host)?.[1] ?? host;
  return isHost(plain) ? plain : undefined;
}
