import { connect, createServer, type Socket } from 'node:net';
import type { Address } from '@cardume/client';

/** A path to a server that changes, as that of a laptop does. */
export interface ChangingPath {
  readonly address: Address;
  /** How many connections have been made by it. */
  readonly connectionCount: number;
  /** From now on the server sees connections come from another address of this machine. */
  comeFrom(host: string): void;
  /** Nothing passes any more through the connections there are, and nobody is told. */
  breakSilently(): void;
  /** What the server says goes nowhere any more in the connections there are, and it is told of nothing. */
  loseAnswers(): void;
  /** Ends the connections there are. */
  cut(): void;
  close(): void;
}

/** Makes a path to a server on this machine. */
export async function openChangingPath(target: Address, from: string): Promise<ChangingPath> {
  const pairs = new Set<[Socket, Socket]>();
  let localAddress = from;
  let connectionCount = 0;
  const server = createServer((near) => {
    connectionCount += 1;
    const far = connect({ ...target, localAddress });
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        for (const each of pair) each.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listening = server.address();
  const port = typeof listening === 'object' && listening !== null ? listening.port : 0;
  const cut = (): void => {
    for (const [near] of pairs) near.destroy();
  };
  return {
    address: { host: '127.0.0.1', port },
    get connectionCount() {
      return connectionCount;
    },
    comeFrom(host) {
      localAddress = host;
    },
    breakSilently() {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        // What comes is read, as a kernel acknowledges it, and goes nowhere.
        near.resume();
        far.resume();
      }
    },
    loseAnswers() {
      for (const [near, far] of pairs) {
        far.unpipe(near);
        far.resume();
      }
    },
    cut,
    close() {
      cut();
      server.close();
    },
  };
}
