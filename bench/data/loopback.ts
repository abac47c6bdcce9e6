import { connect, createServer } from 'node:net';
import { until } from '../../tests/support/until.ts';

/** Where all servers of a run listen. */
export const host = '127.0.0.1';

/** A port that was free just now, for programs that cannot say which one they took. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().on('error', reject);
  server.listen(0, host, () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}

/** Waits until something accepts connections at a port. */
export async function untilListening(port: number): Promise<void> {
  await until(`a server at port ${port}`, () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = connect(port, host, () => resolve(true)).on('error', () => resolve(false));
    return promise.finally(() => socket.destroy());
  });
}
