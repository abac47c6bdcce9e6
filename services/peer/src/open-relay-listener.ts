import type { IndexClient } from '@cardume/client';
import type { Logger, RunningServer } from '@cardume/service-kit';
import { nowMs } from './adapters/system-clock.ts';
import { RelayListener } from './listen-at-relays.ts';
import type { PeerSettings } from './peer-options.ts';

/** What a peer serves, once that is reached by relays. */
export interface OpenRelayListenerInit {
  peerId: string;
  client: IndexClient;
  server: RunningServer;
  logger: Logger;
}

/** Makes what listens at the relays of the network while that is needed, with the certificate of the moment. */
export function openRelayListener(
  { index, network, connectionsPerSecond, onEvent }: PeerSettings,
  { peerId, client, server, logger }: OpenRelayListenerInit,
  owned: AsyncDisposableStack,
): RelayListener {
  const listener = owned.adopt(
    new RelayListener({
      peerId,
      network,
      relays: async () => {
        const { relaysOf } = await import('@cardume/client/relay');
        return relaysOf(await client.relays(), index, network);
      },
      inject: (connection) => server.inject(connection),
      connectionsPerSecond,
      nowMs,
      random: Math.random,
      logger,
      onEvent,
    }),
    (opened) => opened.close(),
  );
  if (network !== undefined) owned.defer(network.onRenewed(() => listener.renew()));
  return listener;
}
