import { createHash } from 'node:crypto';

/** At how many relays a peer listens that cannot be dialled: one may go without anybody noticing. */
export const relaysPerPeer = 4;

/**
 * The relays in the order in which a peer listens at them and is asked for: each peer has another order, so that they share the
 * work, and whoever knows the relays knows the order (rendezvous hashing).
 *
 * @param targets `HOST:PORT` each
 */
export function orderRelays<Relay extends { target: string }>(peerId: string, relays: readonly Relay[]): Relay[] {
  const weighed = relays.map((relay) => ({ relay, weight: weightOf(peerId, relay.target) }));
  return weighed.toSorted((a, b) => Buffer.compare(b.weight, a.weight)).map(({ relay }) => relay);
}

function weightOf(peerId: string, target: string): Buffer {
  return createHash('sha256').update(`${peerId} ${target}`).digest();
}
