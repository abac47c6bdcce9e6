import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Address } from '@cardume/client';

/** A way to a server that takes its time. */
export interface DelayedPath {
  /** What to connect to in the place of the server. */
  readonly address: Address;
  /** How many bytes have come out at the server's end. */
  readonly toServerBytes: number;
  close(): Promise<void>;
}

/** Makes a way to a server on which bytes take so long, each way, and nothing is lost or put in another order. */
export async function openDelayedPath(to: Address, delayMs: number): Promise<DelayedPath> {
  const sockets = new Set<Socket>();
  let toServerBytes = 0;
  const pass = (from: Socket, target: Socket, onPassed: (bytes: number) => void): void => {
    from.on('data', (data: Buffer) => {
      setTimeout(() => {
        // What the target has not taken is read no more, as by a router whose queue is full.
        if (!target.write(data)) from.pause();
        onPassed(data.length);
      }, delayMs);
    });
    target.on('drain', () => from.resume());
    from.on('error', () => undefined);
    from.on('close', () => setTimeout(() => target.destroy(), delayMs));
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...to, noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    }
    pass(near, far, (bytes) => {
      toServerBytes += bytes;
    });
    pass(far, near, () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    get toServerBytes() {
      return toServerBytes;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
