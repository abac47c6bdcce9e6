import { type Address, formatAddress, isHost, parseAddress } from '../address/address.ts';
import type { ClientTls } from '../model/client-tls.ts';
import type { RelayAddress, RelayList } from '../model/relay.ts';
import { isKeyId } from '../trust/key-id.ts';

/** How many relays an index may name; more are not looked at. */
export const maxRelays = 16;

/** How to connect in a network: what `openNetwork` gives. */
export interface RelayTls {
  tlsOfIndex(): ClientTls;
  tlsOfPeer(peerId: string | undefined): ClientTls;
}

/**
 * The relays that an index names, each once. Those that are no addresses are left out: it may be hostile.
 *
 * @param index where the index is reached
 * @param tls undefined: in plaintext
 */
export function relaysOf({ here, addresses }: RelayList, index: readonly Address[], tls?: RelayTls): RelayAddress[] {
  const own = here ? index.map((address) => relayAt(address, tls?.tlsOfIndex())) : [];
  // Each has a certificate as a peer has one; which peer it is, is of no weight: it sees ciphertext only.
  const others = addresses.slice(0, maxRelays).flatMap((text) => {
    const address = addressOrNone(text);
    return address === undefined ? [] : [relayAt(address, tls?.tlsOfPeer(undefined))];
  });
  return [...new Map([...own, ...others].toReversed().map((relay) => [relay.target, relay])).values()].toReversed();
}

/** Another peer, in the place of a relay: where it accepts whom it has asked for. @returns undefined when that is no address */
export function peerAsRelay(
  { host, port, peerId }: { host: string; port: number; peerId: string },
  tls: Pick<RelayTls, 'tlsOfPeer'>,
): RelayAddress | undefined {
  const isAddress = isHost(host) && port >= 1 && port <= 65_535;
  return isAddress && isKeyId(peerId) ? relayAt({ host, port }, tls.tlsOfPeer(peerId)) : undefined;
}

function relayAt({ host, port }: Address, tls: ClientTls | undefined): RelayAddress {
  return { host, port, target: formatAddress({ host, port }), tls };
}

function addressOrNone(text: string): Address | undefined {
  try {
    const address = parseAddress(text, 'relay');
    return address.port === 0 ? undefined : address;
  } catch {
    return undefined;
  }
}
