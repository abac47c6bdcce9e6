import { networkInterfaces } from 'node:os';
import { isLoopback } from '@cardume/client';

/** On how many networks of this machine indexes are announced and looked for. */
const maxNetworks = 8;

/**
 * This machine's IPv4 addresses that others on its networks know it by, at most eight.
 *
 * @param listening only those at which something is reached that listens on this host
 */
export function lanAddresses(listening = '0.0.0.0'): string[] {
  if (isLoopback(listening)) return [];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const usable = all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address);
  const isAll = listening === '0.0.0.0' || listening === '::';
  return usable.filter((address) => isAll || address === listening).slice(0, maxNetworks);
}
