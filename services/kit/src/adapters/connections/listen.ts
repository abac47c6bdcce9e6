import { lookup } from 'node:dns/promises';
import { createServer, isIP, type Server, type Socket } from 'node:net';
import type { Address } from '@cardume/client';

/** A port that is listened on. */
export interface Listening {
  readonly port: number;
  /** Takes no further connections, and lets go of the port at once. Resolves when those that were taken are closed, too. */
  close(): Promise<void>;
}

/**
 * Listens on each address that a host has, all with one port: `localhost` has two of them.
 *
 * @param onConnection is given each connection before anything of it was read
 * @throws what the first address failed with, when there is none that can be listened on
 */
export async function listen({ host, port }: Address, onConnection: (socket: Socket) => void): Promise<Listening> {
  const hosts = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
  const servers: Server[] = [];
  let chosenPort = port;
  let failure: unknown;
  for (const { address } of hosts) {
    try {
      const server = await listenOn(address, chosenPort, onConnection);
      servers.push(server);
      const bound = server.address();
      if (typeof bound === 'object' && bound !== null) chosenPort = bound.port;
    } catch (error) {
      failure ??= error;
    }
  }
  if (servers.length === 0) throw failure;
  return {
    port: chosenPort,
    async close() {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listenOn(host: string, port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onConnection);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  await promise;
  server.off('error', reject);
  return server;
}
