// `node bench/paths/one-tunnel.ts TREE ROUND_TRIP_MS`: prints how many bytes a second come through one tunnel of a relay, by the code of a
// checkout. A peer at the far end of a path sends as fast as it may; relay, peer and caller are one process, without TLS.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type * as Client from '@cardume/client';
import type * as ClientRelay from '@cardume/client/relay';
import type * as Kit from '@cardume/service-kit';
import type * as KitRelay from '@cardume/service-kit/relay';
import { openDelayedPath } from '../../tests/support/delayed-path.ts';
import { until } from '../../tests/support/until.ts';

const warmUpMs = 2_500;
const measuredMs = 3_000;
const [, , tree = '', roundTripMs = ''] = process.argv;

async function load<Module>(path: string): Promise<Module> {
  return import(pathToFileURL(join(tree, path)).href);
}
const { formatAddress } = await load<typeof Client>('clients/typescript/src/index.ts');
const { acceptFrom, connectThrough, listenAt } = await load<typeof ClientRelay>('clients/typescript/src/relay.ts');
const { createLogger, startServer } = await load<typeof Kit>('services/kit/src/index.ts');
const { createRelay } = await load<typeof KitRelay>('services/kit/src/relay.ts');

const relay = createRelay({ bytesPerSecondPerUser: 2 ** 30 });
const server = await startServer({
  listen: { host: '127.0.0.1', port: 0 },
  insecure: false,
  services: [relay.service],
  logger: createLogger({ service: 'relay', level: 'silent' }),
});
const path = await openDelayedPath(server.address, Number(roundTripMs) / 2);
const near = { ...server.address, target: formatAddress(server.address), tls: undefined };
const far = { ...path.address, target: formatAddress(path.address), tls: undefined };
const peerId = 'a'.repeat(64);

async function runPeer(): Promise<void> {
  for await (const { tunnelId } of listenAt(far, peerId, new AbortController().signal)) {
    if (tunnelId.length === 0) continue;
    const { stream } = acceptFrom(far, tunnelId);
    const chunk = Buffer.alloc(65_536, 1);
    const send = (): void => {
      while (stream.write(chunk));
    };
    stream.on('drain', send);
    send();
  }
}

void runPeer();
await until('the peer to listen', () => relay.listenerCount > 0);
const { stream, opened } = connectThrough(near, peerId);
await opened;
let cameBytes = 0;
stream.on('data', ({ length }: Buffer) => {
  cameBytes += length;
});
await sleep(warmUpMs);
const [beforeBytes, startMs] = [cameBytes, performance.now()];
await sleep(measuredMs);
console.log(Math.round((cameBytes - beforeBytes) / ((performance.now() - startMs) / 1_000)));
process.exit(0);
