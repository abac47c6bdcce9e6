import type { Duplex } from 'node:stream';
import { formatAddress } from '@cardume/client';
import { acceptFrom, connectThrough, listenAt, type RelayAddress } from '@cardume/client/relay';
import { createLogger, type RunningServer, startServer } from '@cardume/service-kit';
import { createRelay, type Relay, type RelayOptions } from '@cardume/service-kit/relay';
import { afterEach } from '@jest/globals';
import { type DelayedPath, openDelayedPath } from '../../../../tests/support/delayed-path.ts';

/** A relay that runs, in plaintext. */
export interface TestRelay {
  relay: Relay;
  server: RunningServer;
  at: RelayAddress;
}

/** Starts relays, peers that listen and tunnels; all of them end after each test. */
export function useRelays() {
  const closings: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closings.splice(0).reverse()) await close();
  });
  const opened = (stream: Duplex): Duplex => {
    closings.push(() => stream.destroy());
    return stream;
  };
  return {
    async startRelay(options: RelayOptions = {}): Promise<TestRelay> {
      const relay = createRelay(options);
      const logger = createLogger({ service: 'relay', level: 'silent' });
      const listen = { host: '127.0.0.1', port: 0 };
      const server = await startServer({ listen, insecure: false, services: [relay.service], logger });
      closings.push(() => server.stop(0));
      const { address } = server;
      return { relay, server, at: { ...address, target: formatAddress(address), tls: undefined } };
    },
    /** A relay as it is reached over a path on which bytes take so long, each way. */
    async far(at: RelayAddress, delayMs: number): Promise<{ path: DelayedPath; at: RelayAddress }> {
      const path = await openDelayedPath(at, delayMs);
      closings.push(() => path.close());
      return { path, at: { ...path.address, target: formatAddress(path.address), tls: undefined } };
    },
    /** A peer that listens; resolves when it does. Each tunnel is handed to `onTunnel` when it has accepted. */
    async listen(
      at: RelayAddress,
      peerId: string,
      onTunnel: (stream: Duplex) => void,
    ): Promise<{ ended: Promise<void> }> {
      const end = new AbortController();
      closings.push(() => end.abort());
      const isListening = Promise.withResolvers<void>();
      const run = async (): Promise<void> => {
        for await (const { tunnelId: id } of listenAt(at, peerId, end.signal)) {
          isListening.resolve();
          if (id.length > 0) onTunnel(opened(acceptFrom(at, id).stream));
        }
      };
      const ended = run();
      ended.catch(isListening.reject);
      await isListening.promise;
      return { ended };
    },
    /** Connects to a peer; resolves when that has accepted. */
    async connect(at: RelayAddress, peerId: string): Promise<Duplex> {
      const tunnel = connectThrough(at, peerId);
      opened(tunnel.stream);
      await tunnel.opened;
      return tunnel.stream;
    },
  };
}
