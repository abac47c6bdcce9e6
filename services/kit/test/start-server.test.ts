import { once } from 'node:events';
import { createServer } from 'node:net';
import { CardumeError, formatAddress, openPeer } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { TransferServiceDefinition, type TransferServiceImplementation } from '@cardume/proto/transfer/v1';
import { afterEach, describe, expect, test } from '@jest/globals';
import { HealthDefinition } from 'nice-grpc-server-health';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { takesNothing } from '../../../tests/support/takes-nothing.ts';
import { until } from '../../../tests/support/until.ts';
import { createLogger, type RunningServer, serve, startServer } from '../src/index.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const silent = createLogger({ service: 'test', level: 'silent', format: 'json' });

/** A service whose every method does what the test says. */
function service(change: Partial<TransferServiceImplementation>): TransferServiceImplementation {
  return {
    async *download() {},
    async *downloadFiles() {},
    async *getManifest() {},
    ...takesNothing,
    async *watchPieces() {},
    listFiles: async () => ({ peerId: 'p' }),
    ...change,
  };
}

async function start(
  change: Partial<TransferServiceImplementation> = {},
  options: { host?: string; port?: number; insecure?: boolean; lines?: string[] } = {},
): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 0, insecure = false, lines } = options;
  const logger =
    lines === undefined
      ? silent
      : createLogger({
          service: 'test',
          level: 'debug',
          format: 'json',
          destination: { write: (line) => lines.push(line) },
        });
  const services = [serve(TransferServiceDefinition, service(change))];
  const server = await startServer({ listen: { host, port }, insecure, services, logger });
  stops.push(() => server.stop(0));
  return server;
}

function peerAt(server: RunningServer): ReturnType<typeof openPeer> {
  const peer = openPeer(server.address);
  stops.push(() => peer.close());
  return peer;
}

describe('an error of a handler', () => {
  test('reaches the caller with its reason, fields, delay and facts', async () => {
    const server = await start({
      listFiles: async () => {
        throw new CardumeError('LIMIT_REACHED', 'too many; come back in a moment', {
          metadata: { limit: 'maxDownloads' },
          fieldViolations: [{ field: 'page_size', description: 'too large' }],
          retryDelayMs: 1_500,
          cause: new Error('inner secret'),
        });
      },
    });
    const failure = await failureOf(() => peerAt(server).listFilesPage(1));
    expect(failure).toMatchObject({
      reason: 'LIMIT_REACHED',
      code: 'RESOURCE_EXHAUSTED',
      message: 'too many; come back in a moment',
      metadata: { limit: 'maxDownloads' },
      fieldViolations: [{ field: 'page_size', description: 'too large' }],
      retryDelayMs: 1_500,
    });
  });

  test('that nobody foresaw is INTERNAL to the caller, whole in the log, and the server goes on', async () => {
    const lines: string[] = [];
    let calls = 0;
    const server = await start(
      {
        listFiles: async () => {
          if (calls++ === 0) throw new TypeError('/secret/path is undefined');
          return { peerId: 'alive' };
        },
      },
      { lines },
    );
    const peer = peerAt(server);
    const failure = await failureOf(() => peer.listFilesPage(1));
    expect(failure).toMatchObject({ reason: 'INTERNAL', code: 'INTERNAL' });
    expect(failure.message).not.toContain('secret');
    const logged = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'request failed');
    expect(logged).toMatchObject({ service: 'test', error: '/secret/path is undefined' });
    expect(logged.stack).toContain('TypeError');
    expect((await peer.listFilesPage(1)).peerId).toBe('alive');
  });
});

test('a message of 5 MiB is refused before it is decoded, and the server goes on', async () => {
  const server = await start();
  const channel = openChannel(server.address, 'peer');
  stops.push(() => channel.close());
  const client = channel.client(TransferServiceDefinition);
  const failure = await failureOf(() => client.listFiles({ pageToken: 'x'.repeat(5 * 1024 * 1024) }));
  expect(failure).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'LIMIT_REACHED' });
  expect((await client.listFiles({})).peerId).toBe('p');
});

describe('a server that stops', () => {
  test('says so to open streams and health watchers, ends, and frees its port', async () => {
    const began = Promise.withResolvers<void>();
    const server = await start({
      async *download(_request, { signal }) {
        yield { payload: { $case: 'file', value: {} } };
        began.resolve();
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const channel = openChannel(server.address, 'peer');
    stops.push(() => channel.close());
    const health = channel.client(HealthDefinition);
    const seen: number[] = [];
    const watching = failureOf(async () => {
      for await (const { status } of health.watch({ service: '' })) seen.push(status);
    });
    const { chunks } = await peerAt(server).download({ name: 'x' });
    const reading = failureOf(async () => {
      for await (const _ of chunks);
    });
    await began.promise;
    await until('the watcher has been told once', () => seen.length === 1);
    await server.stop(100);
    expect(await reading).toMatchObject({ reason: 'SHUTTING_DOWN', code: 'UNAVAILABLE' });
    expect(await watching).toMatchObject({ reason: 'SHUTTING_DOWN' });
    expect(seen).toEqual([1, 2]);
    await start({}, { port: server.address.port });
  });

  test('lets a call end that needs less than the grace', async () => {
    const began = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const server = await start({
      listFiles: async () => {
        began.resolve();
        await release.promise;
        return { peerId: 'done' };
      },
    });
    const answer = peerAt(server).listFilesPage(1);
    await began.promise;
    const stopped = server.stop(20_000);
    release.resolve();
    expect((await answer).peerId).toBe('done');
    await stopped;
  });
});

describe('a server refuses to listen', () => {
  test('where another one does, and says so', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    stops.push(() => other.close());
    const address = other.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const failure = await failureOf(() => start({}, { port }));
    expect(failure.reason).toBe('INVALID_FIELD');
    expect(failure.message).toContain(`127.0.0.1:${port}: another process listens there`);
  });

  test('on an address that this machine does not have', async () => {
    const failure = await failureOf(() => start({}, { host: '203.0.113.7', insecure: true }));
    expect(failure.message).toContain('203.0.113.7:0: this machine cannot listen there');
  });

  test('beyond loopback, unless it is told to, and then it warns', async () => {
    const failure = await failureOf(() => start({}, { host: '0.0.0.0' }));
    expect(failure.message).toContain('--insecure');
    const lines: string[] = [];
    const server = await start({}, { host: '0.0.0.0', insecure: true, lines });
    expect(formatAddress(server.address)).toMatch(/^0\.0\.0\.0:\d+$/);
    expect(lines.join('')).toContain('plaintext and without authentication');
  });
});

test('every call is logged with its method, status and caller', async () => {
  const lines: string[] = [];
  const server = await start({}, { lines });
  await peerAt(server).listFilesPage(1);
  const logged = await until('the line', () =>
    lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === 'call ended'),
  );
  expect(logged).toMatchObject({
    service: 'test',
    method: '/cardume.transfer.v1.TransferService/ListFiles',
    status: 'OK',
    callerAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  });
});
