import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type ClientTls, openPeer } from '@cardume/client';
import { afterEach, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { authorityOf, enrol, newNetwork, type TestPeer } from '../support/trust-world.ts';

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** A server with a peer's certificate that takes connections, and notes of each whether it went on from an earlier one. */
async function startServer({ cert, key, ca }: TestPeer) {
  const resumed: boolean[] = [];
  const callers: boolean[] = [];
  const server = createSecureServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true });
  server.on('secureConnection', (socket: TLSSocket) => {
    resumed.push(socket.isSessionReused());
    callers.push(socket.authorized && socket.getPeerX509Certificate() !== undefined);
  });
  // HTTP, but no gRPC.
  server.on('stream', (stream) => {
    stream.respond({ ':status': 404 }, { endStream: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(() => server.close());
  return { address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }, resumed, callers };
}

test('a connection goes on from an earlier one to the same server as the same caller, and from no other', async () => {
  const authority = authorityOf(await newNetwork());
  const [serving, caller, other] = [await enrol(authority), await enrol(authority), await enrol(authority)];
  const { address, resumed, callers } = await startServer(serving);
  const { networkId } = authority;
  const tlsOf = (who: TestPeer, peerId?: string): ClientTls => ({
    authority: who.ca,
    certificate: who.cert,
    privateKey: who.key,
    expects: { kind: 'peer', networkId, ...(peerId === undefined ? {} : { peerId }) },
  });
  const connectOnce = async (tls: ClientTls): Promise<string> => {
    const client = openPeer(address, { tls });
    const { reason } = await failureOf(() => client.id());
    client.close();
    return reason;
  };
  for (const tls of [tlsOf(caller, serving.peerId), tlsOf(caller, serving.peerId), tlsOf(caller, serving.peerId)]) {
    await connectOnce(tls);
  }
  expect(resumed).toEqual([false, true, true]);
  // As somebody else, or for whoever is there, all is looked at anew.
  await connectOnce(tlsOf(other, serving.peerId));
  await connectOnce(tlsOf(caller));
  expect(resumed.slice(3)).toEqual([false, false]);
  // The server knows each time who calls.
  expect(callers).toEqual([true, true, true, true, true]);
  // What one connection has shown of the server is of no use where another is expected.
  expect(await connectOnce(tlsOf(caller, other.peerId))).toBe('CERTIFICATE_REFUSED');
});
