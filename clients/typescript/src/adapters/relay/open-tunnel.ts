import { RelayServiceDefinition } from '@cardume/proto/relay/v1';
import type { RelayAddress } from '../../core/model/relay.ts';
import { openChannel } from '../channel/open-channel.ts';
import { type TunnelStream, tunnelStream } from './tunnel-stream.ts';

const empty = new Uint8Array();

/**
 * Connects to a peer that listens at a relay. The stream carries whatever connection is made over it.
 *
 * @throws CardumeError, the stream and `opened`: PEER_NOT_LISTENING, LIMIT_REACHED, UNREACHABLE
 */
export function connectThrough(relay: RelayAddress, peerId: string): TunnelStream {
  return overOwnConnection(relay, (client) =>
    tunnelStream({
      call: (requests, options) => client.connect(requests, options),
      first: { peerId, data: empty },
      requestOf: (data) => ({ peerId: '', data }),
    }),
  );
}

/** Accepts a connection that a relay told of, as the peer that listens there. */
export function acceptFrom(relay: RelayAddress, tunnelId: Uint8Array): TunnelStream {
  return overOwnConnection(relay, (client) =>
    tunnelStream({
      call: (requests, options) => client.accept(requests, options),
      first: { tunnelId, data: empty },
      requestOf: (data) => ({ tunnelId: empty, data }),
    }),
  );
}

/** Somebody wants a peer that listens. */
export interface ListenNews {
  /** Of the connection; empty: nobody does, and the stream lives. */
  tunnelId: Uint8Array;
  /** Where it is to be accepted, at another peer; undefined: at the relay. Nothing of it is proven. */
  caller: { host: string; port: number; peerId: string } | undefined;
}

/** Listens at a relay, for each connection that somebody asks for. */
export async function* listenAt(
  relay: RelayAddress,
  peerId: string,
  signal: AbortSignal,
): AsyncGenerator<ListenNews, void, undefined> {
  const channel = openChannel(relay, 'relay', relay.tls);
  try {
    const listening = channel.client(RelayServiceDefinition).listen({ peerId }, { signal });
    yield* listening;
  } finally {
    channel.close();
  }
}

type RelayClient = ReturnType<typeof clientOf>['client'];

function clientOf(relay: RelayAddress) {
  const channel = openChannel(relay, 'relay', relay.tls);
  return { client: channel.client(RelayServiceDefinition), close: () => channel.close() };
}

/**
 * Each tunnel has a connection of its own, so that one that is not read holds up no other, and none outlives its certificate. A relay
 * lets more be on its way only in those that are alone on their connection.
 */
function overOwnConnection(relay: RelayAddress, open: (client: RelayClient) => TunnelStream): TunnelStream {
  const { client, close } = clientOf(relay);
  const tunnel = open(client);
  tunnel.stream.once('close', close);
  return tunnel;
}
