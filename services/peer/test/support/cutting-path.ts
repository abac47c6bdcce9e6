import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import type { Address } from '@cardume/client';

/** A path to a server, which resets connections as a server does with those that are made too often. */
export interface CuttingPath {
  readonly address: Address;
  /** How many connections were reset. */
  readonly cutCount: number;
  /** Resets so many of those that come from now on, before a byte of them is read. */
  cutNext(count: number): void;
  close(): void;
}

/** Opens one on loopback, which lets all pass at first. */
export async function openCuttingPath(to: Address): Promise<CuttingPath> {
  let left = 0;
  let cutCount = 0;
  const server = createServer((socket) => {
    if (left > 0) {
      left -= 1;
      cutCount += 1;
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
      return;
    }
    const other = connect(to.port, to.host);
    pipeline(socket, other, socket, () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new Error('it does not listen');
  return {
    address: { host: '127.0.0.1', port: bound.port },
    get cutCount() {
      return cutCount;
    },
    cutNext(count) {
      left = count;
    },
    close: () => server.close(),
  };
}
