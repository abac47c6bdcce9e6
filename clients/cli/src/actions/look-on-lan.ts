import { type Addresses, formatAddress, maxIndexAddresses, printable } from '@cardume/client';
import { findIndexes } from '../adapters/lan/find-indexes.ts';
import type { KnownNetwork } from '../adapters/networks.ts';
import type { FoundIndex } from '../core/lan/found-indexes.ts';
import type { Context } from './context.ts';

/** What looking for an index takes. */
export interface LookOnLanInit {
  /** Whether an index in plaintext may be used. */
  insecure: boolean;
  /** A network that this machine has enrolled in, by its id. */
  networkById: (networkId: string) => Promise<KnownNetwork | undefined>;
}

/**
 * Where no index was named and none is remembered, and there is none on this machine: asks the local network. What is found is a
 * hint, and used only when this machine has enrolled in that very network, so that the index has to prove who it is, or where its
 * user accepts plaintext. Otherwise it is told how to go on.
 *
 * @returns undefined: nothing that may be used
 */
export async function lookOnLan(
  { insecure, networkById }: LookOnLanInit,
  { terminal, interruption }: Context,
): Promise<{ addresses: Addresses; known: KnownNetwork | undefined } | undefined> {
  const found = await findIndexes(interruption.signal);
  for (const networkId of new Set(found.map((index) => index.networkId))) {
    const known = networkId === undefined ? undefined : await networkById(networkId);
    const addresses = addressesOf(found.filter((index) => index.networkId === networkId));
    if (known === undefined || addresses === undefined) continue;
    terminal.note(
      `Using the index of your network ${networkId?.slice(0, 12)}… at ${textOf(addresses)}, found on the local network.`,
    );
    return { addresses, known: { ...known, invite: { ...known.invite, addresses } } };
  }
  const plain = found.filter((index) => index.networkId === undefined);
  const [only] = plain;
  if (insecure && only !== undefined && plain.length === 1) {
    const where = `${nameOf(only)} at ${formatAddress(only.address)}`;
    terminal.note(
      `Using the index ${where}, found on the local network, in plaintext (--insecure): nothing proves who it is.`,
    );
    return { addresses: [only.address], known: undefined };
  }
  for (const index of found) terminal.note(hintOf(index, plain.length > 1));
  return undefined;
}

function hintOf(index: FoundIndex, isOneOfSeveral: boolean): string {
  const address = formatAddress(index.address);
  const where = `Found index ${nameOf(index)} at ${address} on the local network`;
  if (index.networkId !== undefined) {
    return `${where}, network ID ${index.networkId}. It lets in who is invited; give its invite: --index cardume-invite-…`;
  }
  const how = isOneOfSeveral ? `name it: --index ${address}` : `name it: --index ${address}, or say --insecure`;
  return `${where}, in plaintext: nothing proves who it is. If you trust everybody on this network, ${how}`;
}

function addressesOf(found: readonly FoundIndex[]): Addresses | undefined {
  const [first, ...others] = found.slice(0, maxIndexAddresses).map(({ address }) => address);
  return first === undefined ? undefined : [first, ...others];
}

function textOf(addresses: Addresses): string {
  return addresses.map(formatAddress).join(', ');
}

function nameOf({ name }: FoundIndex): string {
  return `"${printable(name)}"`;
}
