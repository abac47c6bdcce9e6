import ipaddr from 'ipaddr.js';

/**
 * How near what an address leads to is to whoever dials it: `machine`, itself (loopback); `link`, its own cable or radio
 * (link-local); `site`, its network (private, shared by a carrier, for documentation, or reserved: nobody has it on the internet);
 * `world`, the internet. `nowhere`: it is nobody's own, as multicast and broadcast are.
 */
export type Nearness = 'machine' | 'link' | 'site' | 'world' | 'nowhere';

const nearnessOfRange: Record<string, Nearness> = {
  loopback: 'machine',
  linkLocal: 'link',
  private: 'site',
  carrierGradeNat: 'site',
  uniqueLocal: 'site',
  deprecatedSiteLocal: 'site',
  benchmarking: 'site',
  reserved: 'site',
  unspecified: 'nowhere',
  broadcast: 'nowhere',
  multicast: 'nowhere',
  discard: 'nowhere',
  // Ways to IPv4 in which the address is hidden; nobody has one as the address that others are to dial.
  rfc6145: 'nowhere',
  '6to4': 'nowhere',
  teredo: 'nowhere',
  segmentRouting: 'nowhere',
};
const compatible = ipaddr.IPv6.parseCIDR('::/96');
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** An IP address in any form that a resolver takes for one; IPv4 that is mapped into IPv6 is the IPv4 one. Undefined: it is a name. */
export function readIp(host: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return ipaddr.isValid(host) ? ipaddr.process(host) : undefined;
}

/** How near an address is, or the names that are always of the machine itself; undefined: another name, of which it is not known. */
export function nearnessOf(host: string): Nearness | undefined {
  const ip = readIp(host);
  if (ip !== undefined) return nearnessOfIp(ip);
  return /(^|\.)localhost$/i.test(host) ? 'machine' : undefined;
}

function nearnessOfIp(ip: ipaddr.IPv4 | ipaddr.IPv6): Nearness {
  const range = ip.range();
  if (range === 'rfc6052') return (ip as ipaddr.IPv6).match(nat64) ? nearnessOfIp(embeddedIpv4(ip)) : 'nowhere';
  const nearness = nearnessOfRange[range] ?? 'world';
  return nearness === 'world' && ip.kind() === 'ipv6' && ip.match(compatible) ? 'nowhere' : nearness;
}

/** The IPv4 address that NAT64 leads to. */
function embeddedIpv4(ip: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 {
  return new ipaddr.IPv4(ip.toByteArray().slice(12));
}
