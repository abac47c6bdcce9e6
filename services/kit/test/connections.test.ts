import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
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

/** Connects from an address of this machine. @returns whether the server greeted, and did not cut the connection */
async function isGreeted({ address }: RunningServer, localAddress = '127.0.0.1'): Promise<boolean> {
  const createConnection = () => connect({ host: '127.0.0.1', port: address.port, localAddress });
  const session = connectHttp2(`http://127.0.0.1:${address.port}`, { createConnection }).on('error', () => {});
  stops.push(() => session.destroy());
  const greeted = once(session, 'remoteSettings').then(
    () => true,
    () => false,
  );
  return Promise.race([greeted, new Promise<boolean>((resolve) => session.once('close', () => resolve(false)))]);
}

/** How many of so many connections are greeted, one after the other. */
async function countGreeted(server: RunningServer, from: readonly string[]): Promise<number> {
  let count = 0;
  for (const localAddress of from) if (await isGreeted(server, localAddress)) count += 1;
  return count;
}

describe('a place that makes connections without end', () => {
  const rated = { connectionsPerSecond: 1, connectionBounds: { ratesLoopback: true } };
  const here = Array<string>(40).fill('127.0.0.1');

  test('has those cut that are beyond its rate, each of which is counted, and others are served', async () => {
    const refused: string[] = [];
    const server = await start({ ...rated, onRefusedConnection: (refusal) => refused.push(refusal) });
    const startMs = performance.now();
    const greeted = await countGreeted(server, here);
    const elapsedMs = performance.now() - startMs;
    expect(greeted).toBeGreaterThanOrEqual(5);
    expect(greeted).toBeLessThanOrEqual(6 + elapsedMs / 1_000);
    expect(refused).toEqual(Array<string>(here.length - greeted).fill('too_often'));
    expect(await isGreeted(server, '127.0.0.2')).toBe(true);
  });

  test('has the calls of our client answered, which comes back by itself', async () => {
    const refused: string[] = [];
    const server = await start({ ...rated, onRefusedConnection: (refusal) => refused.push(refusal) });
    while (refused.length === 0) await isGreeted(server);
    const client = openIndex(server.address);
    stops.push(() => client.close());
    await client.stats();
    // It was cut as well: nothing has come back into the bucket at once.
    expect(refused.length).toBeGreaterThan(1);
  });

  test('and has very many addresses gets as many as four, and nobody is kept out where a member was', async () => {
    const refused: string[] = [];
    const server = await start({ ...rated, onRefusedConnection: (refusal) => refused.push(refusal) });
    // There are no certificates here: whoever calls is a member.
    await expectServed(server);
    const startMs = performance.now();
    const strangers = Array.from({ length: 60 }, (_, at) => `127.0.1.${at + 1}`);
    const greeted = await countGreeted(server, strangers);
    const elapsedMs = performance.now() - startMs;
    // One of them was that of the call.
    expect(greeted).toBeGreaterThanOrEqual(19);
    expect(greeted).toBeLessThanOrEqual(21 + (4 * elapsedMs) / 1_000);
    expect(refused).toEqual(Array<string>(strangers.length - greeted).fill('too_many_strangers'));
    expect(await countGreeted(server, ['127.0.0.1', '127.0.0.1'])).toBe(2);
  });

  test('is not bounded on this machine, nor where its operator says so', async () => {
    const none = () => {
      throw new Error('it was refused');
    };
    const local = await start({ connectionsPerSecond: 1, onRefusedConnection: none });
    const open = await start({ ...rated, connectionsPerSecond: false, onRefusedConnection: none });
    for (const server of [local, open]) expect(await countGreeted(server, here)).toBe(here.length);
    await expect(start({ connectionsPerSecond: 0 })).rejects.toThrow(
      '--connections-per-second: must be a whole number',
    );
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

  test('says nothing to a connection that is beyond the rate of its place', async () => {
    const authority = makeTestAuthority(command, folder);
    const { certificate, privateKey } = authority.issue('localhost');
    const server = await start({
      tls: { certificate, privateKey },
      connectionsPerSecond: 1,
      connectionBounds: { ratesLoopback: true },
    });
    const outcomes: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      const socket = connectTls({ port: server.address.port, rejectUnauthorized: false }).on('error', () => {});
      stops.push(() => socket.destroy());
      const outcome = new Promise<string>((resolve) => {
        socket.once('secureConnect', () => resolve('agreed'));
        socket.once('close', () => resolve(`closed after ${socket.bytesRead} bytes`));
      });
      outcomes.push(await outcome);
    }
    expect(outcomes.slice(0, 5)).toEqual(Array<string>(5).fill('agreed'));
    expect(outcomes.filter((outcome) => outcome === 'closed after 0 bytes').length).toBeGreaterThanOrEqual(10);
    expect(new Set(outcomes)).toEqual(new Set(['agreed', 'closed after 0 bytes']));
  });
});
