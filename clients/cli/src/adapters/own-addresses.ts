import { hostname, networkInterfaces } from 'node:os';
import { type Address, isHost } from '@cardume/client';

const maxAddresses = 8;

/**
 * Where others reach what listens on an address of this machine: that address, or, of all interfaces, each that is not of this
 * machine alone, at most eight; IPv4 first. Link-local ones are left out, which other machines need a zone for.
 */
export function reachableAddresses({ host, port }: Address): Address[] {
  if (host !== '0.0.0.0' && host !== '::') return [{ host, port }];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.filter(({ internal, family, address }) => {
    const isListened = host === '::' || family === 'IPv4';
    return !internal && isListened && !address.startsWith('fe80:') && !address.startsWith('169.254.');
  });
  const sorted = usable.sort((a, b) => a.family.localeCompare(b.family)).slice(0, maxAddresses);
  return sorted.length === 0 ? [{ host: '127.0.0.1', port }] : sorted.map(({ address }) => ({ host: address, port }));
}

/** What this machine calls itself, where that is a name that others could use. */
export function ownHostname(): string[] {
  const name = hostname().toLowerCase();
  return isHost(name) && !name.includes('_') ? [name] : [];
}

/** What this machine is called, for people. */
export function machineName(): string {
  return hostname();
}
