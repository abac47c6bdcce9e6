import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { openIndex } from '@cardume/client';
import { afterEach, describe, expect, test } from '@jest/globals';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { findCommand } from '../../../tests/support/find-command.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { makeTestAuthority } from '../../../tests/support/test-certificates.ts';
import { until } from '../../../tests/support/until.ts';
import type { RunningServer } from '../src/index.ts';
import { startIdleServer } from './support/idle-service.ts';

const folder = temporaryFolder();
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(init: Parameters<typeof startIdleServer>[0]): Promise<RunningServer> {
  const server = await startIdleServer(init);
  stops.push(() => server.stop(0));
  return server;
}

/** A connection that says nothing. Once it is there, the server has taken it or not. */
async function connectSilently({ address }: RunningServer): Promise<Socket> {
  const socket = connect(address.port, '127.0.0.1').on('error', () => {});
  stops.push(() => socket.destroy());
  // One that is refused may be reset before it is known to be open.
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return socket.resume();
}

/** A connection of HTTP/2, with a call that has been answered. */
async function connectAndCall({ address }: RunningServer): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://127.0.0.1:${address.port}`).on('error', () => {});
  stops.push(() => session.destroy());
  const headers = { ':method': 'POST', ':path': '/cardume.index.v1.IndexService/GetStats' };
  const stream = session.request({ ...headers, 'content-type': 'application/grpc', te: 'trailers' });
  stream.end(Buffer.alloc(5)).resume();
  await once(stream, 'close');
  return session;
}

async function expectServed({ address }: RunningServer): Promise<void> {
  const client = openIndex(address);
  try {
    await client.stats();
  } finally {
    client.close();
  }
}

describe('a server', () => {
  test('closes connections beyond what one address may have, and serves those that it has', async () => {
    const server = await start({ connectionBounds: { maxConnectionsPerPlace: 3, maxGreetings: 100 } });
    const session = await connectAndCall(server);
    const taken = [await connectSilently(server), await connectSilently(server)];
    const refused = await connectSilently(server);
    await until('the end of the fourth', () => refused.closed);
    expect(taken.map(({ closed }) => closed)).toEqual([false, false]);
    const stream = session.request({ ':path': '/' });
    stream.resume();
    await once(stream, 'close');
    taken[0]?.destroy();
    await until('room for another', () =>
      expectServed(server).then(
        () => true,
        () => false,
      ),
    );
  });

  test('closes the oldest connections that say nothing for those that come, so that everybody is served', async () => {
    const server = await start({ connectionBounds: { maxGreetings: 5 } });
    const silent: Socket[] = [];
    for (let count = 0; count < 50; count += 1) silent.push(await connectSilently(server));
    await expectServed(server);
    await until('the end of all but five', () => silent.filter(({ closed }) => !closed).length <= 5);
  });

  test('closes the connection that has been idle the longest where it has no room, and none with a call', async () => {
    const server = await start({ connectionBounds: { maxConnections: 3, maxConnectionsPerPlace: 100 } });
    const busy = await connectAndCall(server);
    busy.request({
      ':method': 'POST',
      ':path': '/cardume.index.v1.IndexService/Publish',
      'content-type': 'application/grpc',
    });
    const [second, third] = [await connectAndCall(server), await connectAndCall(server)];
    await connectAndCall(server);
    await until('the end of the second', () => second.closed);
    expect([busy.closed, third.closed]).toEqual([false, false]);
  });

  test('closes a connection that says nothing for too long', async () => {
    const server = await start({ connectionBounds: { greetingTimeoutMs: 200 } });
    const silent = await connectSilently(server);
    const session = await connectAndCall(server);
    await until('its end', () => silent.closed);
    expect(session.closed).toBe(false);
  });

  test('tells who has been idle for too long that the connection ends', async () => {
    const server = await start({ connectionBounds: { maxIdleMs: 200 } });
    const session = await connectAndCall(server);
    const [code] = await once(session, 'goaway');
    expect(code).toBe(0);
    await until('its end', () => session.destroyed);
  });

  test('closes an idle connection of our client, which makes another with its next call', async () => {
    const server = await start({ connectionBounds: { maxIdleMs: 200 } });
    const client = openIndex(server.address);
    stops.push(() => client.close());
    for (let count = 0; count < 3; count += 1) {
      await client.stats();
      // Begun later, and idle for as long.
      const session = await connectAndCall(server);
      await until('its end', () => session.destroyed);
    }
  });

  test('listens on all addresses of a name, with one port', async () => {
    const server = await start({ listen: { host: 'localhost', port: 0 } });
    await expectServed(server);
    for (const { address } of await lookup('localhost', { all: true })) {
      const client = openIndex({ host: address, port: server.address.port });
      stops.push(() => client.close());
      await client.stats();
    }
  });

  test('closes all connections when it stops, also those that say nothing', async () => {
    const server = await start({});
    const silent = await connectSilently(server);
    await server.stop(0);
    await until('its end', () => silent.closed);
  });

  test('has as many connections as its operator says, but not more than half of its descriptors', async () => {
    await expect(start({ maxConnections: 1_000_000_000 })).rejects.toThrow('half of the descriptors');
    const server = await start({ maxConnections: 2 });
    await expectServed(server);
  });
});

const openssl = { name: 'openssl', command: findCommand(['openssl'], 'version') };
describeWith(openssl, 'a server with TLS', (command) => {
  test('closes a connection in the middle of its handshake', async () => {
    const authority = makeTestAuthority(command, folder);
    const { certificate, privateKey } = authority.issue('localhost');
    const server = await start({ tls: { certificate, privateKey }, connectionBounds: { greetingTimeoutMs: 200 } });
    const socket = await connectSilently(server);
    // The beginning of a ClientHello.
    socket.write(Buffer.from('16030102000100', 'hex'));
    await until('its end', () => socket.closed);
  });
});
