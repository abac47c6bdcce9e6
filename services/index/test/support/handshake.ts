import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, connect, createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { messageOf } from '@cardume/client';

/** What a side of a connection has: its certificate and key, and whom it trusts, all in PEM. */
export interface Side {
  cert?: string;
  key?: string;
  ca: string;
}

/** What each side made of the other: its socket's reading, or the message of the error that ended it. */
export interface Handshake<C, S> {
  client: C | string;
  server: S | string;
}

/**
 * Connects two sides by TLS 1.3 on loopback, each of which wants a certificate that its authorities signed.
 *
 * @param servername the name that the client checks the server's certificate against
 * @param readClient what the client reads of its socket once it has heard from a server that took it
 */
export async function handshake<C, S>(
  server: Side,
  client: Side,
  { servername, ...more }: ConnectionOptions & { servername: string },
  readClient: (socket: TLSSocket) => C,
  readServer: (socket: TLSSocket) => S,
): Promise<Handshake<C, S>> {
  const options: TlsOptions = { ...server, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true };
  const listener = createServer(options);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  try {
    const atServer = new Promise<S | string>((resolve) => {
      // Node hangs up on a certificate that it refuses, and says why only at the socket.
      listener.once('tlsClientError', (error, { authorizationError: refusal }) =>
        resolve(String(refusal ?? messageOf(error))),
      );
      listener.once('secureConnection', (socket) => {
        socket.on('error', () => {});
        // Read before the client, which ends when it hears of it, can end the connection.
        resolve(outcomeOf(() => readServer(socket)));
        socket.end('taken');
      });
    });
    const { ca, cert, key } = client;
    const socket = connect({ port, host: '127.0.0.1', minVersion: 'TLSv1.3', servername, ca, cert, key, ...more });
    const atClient = new Promise<C | string>((resolve) => {
      socket.once('error', (error) => resolve(messageOf(error)));
      socket.once('close', () => resolve('closed by the server'));
      // In TLS 1.3 the client is through before the server has looked at its certificate.
      socket.once('data', () => resolve(outcomeOf(() => readClient(socket))));
    });
    const outcome = { client: await atClient, server: await atServer };
    socket.destroy();
    return outcome;
  } finally {
    listener.close();
  }
}

function outcomeOf<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    return messageOf(error);
  }
}
