import { CardumeError, printable } from '@cardume/client';
import ipaddr from 'ipaddr.js';
import { maxPeerNetworks } from '../limits.ts';
import { type Nearness, nearnessOf, readIp } from './nearness.ts';

/** Says which addresses peers may have, so that nobody has the index dial into where only the index gets. */
export interface AddressPolicy {
  /**
   * Why a caller may not say that it is dialled at a host; undefined: it may, or the host is a name, of which it is looked at
   * where it leads to before it is dialled.
   *
   * @param seenHost the address that the caller is seen at; undefined: none is known
   */
  problemOf(host: string, seenHost: string | undefined): string | undefined;
}

const rank: Record<Exclude<Nearness, 'nowhere'>, number> = { machine: 0, link: 1, site: 2, world: 3 };
const inWords: Record<Exclude<Nearness, 'nowhere'>, string> = {
  machine: 'leads every machine to itself',
  link: 'is of one link only',
  site: 'is of a private network',
  world: 'is of the internet',
};

/**
 * Makes the rule: nobody has an address that is nearer to the index than the one that it calls from. From the machine of the
 * index peers may have any; from its link, all but loopback ones; from its private network, private ones and those of the
 * internet; from the internet, only those. Where a caller is seen it may always be dialled.
 *
 * @param networks CIDR blocks that are allowed instead of all that, whoever calls; none: the rule
 * @throws CardumeError INVALID_FIELD
 */
export function createAddressPolicy(networks: readonly string[] = []): AddressPolicy {
  const allowed = readNetworks(networks);
  return {
    problemOf(host, seenHost) {
      const nearness = nearnessOf(host);
      if (nearness === undefined) return undefined;
      if (allowed.length === 0) return isSame(host, seenHost) ? undefined : problemOfClaim(nearness, seenHost);
      return isWithin(host, allowed) ? undefined : 'is in none of the networks that the index takes (--peer-networks)';
    },
  };
}

function problemOfClaim(nearness: Nearness, seenHost: string | undefined): string | undefined {
  if (nearness === 'nowhere') return 'is no address of a single machine';
  const seen = seenHost === undefined ? undefined : nearnessOf(seenHost);
  // Who is seen nowhere may be anywhere.
  const seenAs = seen === undefined || seen === 'nowhere' ? 'world' : seen;
  if (rank[nearness] >= rank[seenAs]) return undefined;
  return `${inWords[nearness]}, and you call from ${seenHost ?? 'elsewhere'}, which ${inWords[seenAs]}`;
}

/** Whether two hosts are one address, however it is written. */
export function isSame(host: string, other: string | undefined): boolean {
  if (other === undefined) return false;
  const [ip, otherIp] = [readIp(host), readIp(other)];
  if (ip === undefined || otherIp === undefined) return host.toLowerCase() === other.toLowerCase();
  return ip.toString() === otherIp.toString();
}

type Network = ReturnType<typeof ipaddr.parseCIDR>;

function readNetworks(texts: readonly string[]): Network[] {
  if (texts.length > maxPeerNetworks) {
    throw CardumeError.invalidField('--peer-networks', `at most ${maxPeerNetworks} may be given`);
  }
  return texts.map((text) => {
    if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
    const shown = printable(text.slice(0, 100));
    throw CardumeError.invalidField('--peer-networks', `"${shown}" is no network; write 10.0.0.0/8 or fd00::/8`);
  });
}

function isWithin(host: string, networks: readonly Network[]): boolean {
  // Only names of the machine itself are no addresses here.
  const ip = readIp(host) ?? ipaddr.parse('127.0.0.1');
  return networks.some(([base, bits]) => ip.kind() === base.kind() && ip.match([base, bits] as never));
}
