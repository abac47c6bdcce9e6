// Metrics over real HTTP, of real calls.
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { type Address, CardumeError, openPeer } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { TransferServiceDefinition, type TransferServiceImplementation } from '@cardume/proto/transfer/v1';
import { openMetrics, type ServedMetrics } from '@cardume/service-kit/metrics';
import { afterEach, describe, expect, test } from '@jest/globals';
import { HealthDefinition } from 'nice-grpc-server-health';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { type Scrape, scrape } from '../../../tests/support/scrape.ts';
import { takesNothing } from '../../../tests/support/takes-nothing.ts';
import { until } from '../../../tests/support/until.ts';
import { createLogger, type MetricsRegistry, type RunningServer, rawStream, serve, startServer } from '../src/index.ts';
import { startIdleServer } from './support/idle-service.ts';

const service = 'cardume.transfer.v1.TransferService';
const loopback = { host: '127.0.0.1', port: 0 };
const silent = createLogger({ service: 'test', level: 'silent', format: 'json' });
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function open(
  options: { listen?: Address; insecure?: boolean; register?: (registry: MetricsRegistry) => void } = {},
): Promise<ServedMetrics<void>> {
  const { listen = loopback, insecure = false, register = () => {} } = options;
  const served = await openMetrics({
    listen,
    insecure,
    services: [TransferServiceDefinition],
    register,
    logger: silent,
  });
  stops.push(() => served.close());
  return served;
}

/** A measured server whose methods do what the test says. */
async function start(
  change: Partial<TransferServiceImplementation>,
): Promise<{ server: RunningServer; metrics: Address; client: ReturnType<typeof openPeer> }> {
  const served = await open();
  const implementation: TransferServiceImplementation = {
    async *download() {},
    async *downloadFiles() {},
    async *getManifest() {},
    ...takesNothing,
    async *watchPieces() {},
    listFiles: async () => ({ peerId: 'p' }),
    ...change,
  };
  const services = [serve(TransferServiceDefinition, implementation)];
  const server = await startServer({
    listen: loopback,
    insecure: false,
    services,
    logger: silent,
    calls: [served.calls],
  });
  const client = openPeer(server.address);
  stops.push(
    () => server.stop(0),
    () => client.close(),
  );
  return { server, metrics: served.address, client };
}

const requests = (found: Scrape, method: string, code: string): number | undefined =>
  found.get(`cardume_requests_total{service="${service}",method="${method}",code="${code}"}`);
const measured = (found: Scrape, method: string): number | undefined =>
  found.get(`cardume_request_seconds_count{service="${service}",method="${method}"}`);
const inFlight = async (metrics: Address): Promise<number | undefined> =>
  (await scrape(metrics)).get('cardume_requests_in_flight');

describe('calls are counted and measured', () => {
  test('by method and status, unary, streaming and raw', async () => {
    const { metrics, client, server } = await start({
      listFiles: async ({ pageSize }) => {
        if (pageSize === 2) throw new CardumeError('LIMIT_REACHED', 'too many');
        if (pageSize === 3) throw new TypeError('a defect');
        return { peerId: 'p' };
      },
      async *getManifest() {
        yield { sizeBytes: 1, pieceLengthBytes: 16_384, pieceHashes: new Uint8Array(32) };
      },
      download: rawStream(async (_request, { send }) => {
        await send(Buffer.from([0, 0, 0, 0, 0]));
        throw new CardumeError('FILE_CHANGED', 'it changed');
      }),
      downloadFiles: rawStream(async () => {}),
    });
    const raw = openChannel(server.address, 'peer');
    stops.push(() => raw.close());
    const channel = raw.client(TransferServiceDefinition);
    await client.listFilesPage(1);
    await client.listFilesPage(1);
    for (const pageSize of [2, 3]) await failureOf(() => client.listFilesPage(pageSize));
    for await (const _ of channel.getManifest({ digest: '0'.repeat(64) }));
    await failureOf(async () => {
      for await (const _ of channel.download({ name: 'a' }));
    });
    for await (const _ of channel.downloadFiles({ digests: [] }));

    // A caller may have its answer before the call has ended for the server.
    await until('the calls to end', async () => (await inFlight(metrics)) === 0);
    const found = await scrape(metrics);
    expect(requests(found, 'ListFiles', 'OK')).toBe(2);
    expect(requests(found, 'ListFiles', 'RESOURCE_EXHAUSTED')).toBe(1);
    expect(requests(found, 'ListFiles', 'INTERNAL')).toBe(1);
    expect(requests(found, 'GetManifest', 'OK')).toBe(1);
    expect(requests(found, 'Download', 'FAILED_PRECONDITION')).toBe(1);
    expect(requests(found, 'Download', 'OK')).toBe(0);
    expect(requests(found, 'DownloadFiles', 'OK')).toBe(1);
    expect(measured(found, 'ListFiles')).toBe(4);
    expect(measured(found, 'Download')).toBe(1);
    const top = `cardume_request_seconds_bucket{le="+Inf",service="${service}",method="ListFiles"}`;
    expect(found.get(top)).toBe(4);
  });

  test('while they are under way, also those that a caller gives up, which are CANCELLED', async () => {
    const wait = (signal: AbortSignal): Promise<void> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { metrics, server } = await start({
      download: rawStream((_request, { signal }) => wait(signal)),
      async *getManifest(_request, { signal }) {
        yield {};
        await wait(signal);
      },
    });
    const raw = openChannel(server.address, 'peer');
    stops.push(() => raw.close());
    const channel = raw.client(TransferServiceDefinition);
    const caller = new AbortController();
    const drain = async (stream: AsyncIterable<unknown>): Promise<void> => {
      for await (const _ of stream);
    };
    const calls = [
      drain(channel.download({ name: 'a' }, { signal: caller.signal })),
      drain(channel.getManifest({ digest: '0'.repeat(64) }, { signal: caller.signal })),
    ];
    const ended = Promise.allSettled(calls);
    await until('both to be under way', async () => (await inFlight(metrics)) === 2);
    caller.abort();
    await ended;
    await until('both to end', async () => (await inFlight(metrics)) === 0);
    const found = await scrape(metrics);
    expect(requests(found, 'Download', 'CANCELLED')).toBe(1);
    expect(requests(found, 'GetManifest', 'CANCELLED')).toBe(1);
  });

  test('of the contract only: what is not there makes no series', async () => {
    const { metrics, server, client } = await start({});
    const { listFiles } = TransferServiceDefinition.methods;
    const odd = { ...TransferServiceDefinition, methods: { listFiles: { ...listFiles, name: 'Invented' } } } as const;
    const raw = openChannel(server.address, 'peer');
    stops.push(() => raw.close());
    const failure = await failureOf(() => raw.client(odd).listFiles({}));
    expect(failure.code).toBe('UNIMPLEMENTED');
    await raw.client(HealthDefinition).check({ service: '' });
    await client.listFilesPage(1);
    const found = await scrape(metrics);
    const names = Object.values(TransferServiceDefinition.methods).map(({ name }) => name);
    expect(found.series('cardume_requests_total').sort()).toEqual(
      names.map((name) => `cardume_requests_total{service="${service}",method="${name}",code="OK"}`).sort(),
    );
  });
});

test('connections that are refused are counted, by the bound that they met', async () => {
  const served = await open();
  const series = (reason: string): string => `cardume_connections_refused_total{reason="${reason}"}`;
  const reasons = ['too_many', 'too_often', 'too_many_strangers'];
  const counts = async () => {
    const found = await scrape(served.address);
    return reasons.map((reason) => found.get(series(reason)));
  };
  expect(await counts()).toEqual([0, 0, 0]);
  const server = await startIdleServer({
    onRefusedConnection: served.onRefusedConnection,
    connectionsPerSecond: 1,
    connectionBounds: { ratesLoopback: true, maxConnectionsPerPlace: 3 },
  });
  stops.push(() => server.stop(0));
  for (let count = 0; count < 20; count += 1) {
    const socket = connect(server.address.port, '127.0.0.1').on('error', () => {});
    stops.push(() => socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  }
  // Three are open; the rate lets five pass, and perhaps one that has come back.
  await until(
    'all of them to be seen',
    async () => (await counts()).reduce<number>((sum, count) => sum + (count ?? 0), 0) === 17,
  );
  const [tooMany = 0, tooOften = 0] = await counts();
  expect(tooMany).toBeGreaterThanOrEqual(2);
  expect(tooMany).toBeLessThanOrEqual(4);
  expect(tooMany + tooOften).toBe(17);
});

/** Asks for something, in whatever way. */
async function ask(
  { host, port }: Address,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body } = options;
  const asked: ClientRequest = httpRequest({ host, port, path, method, headers, agent: false });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response;
}

describe('the HTTP server', () => {
  test.each([
    [404, 'another path', '/', {}],
    [404, 'a path below', '/metrics/', {}],
    [404, 'another path, whatever the method', '/metrics2', { method: 'POST' }],
    [405, 'POST', '/metrics', { method: 'POST', body: 'x' }],
    [405, 'HEAD', '/metrics', { method: 'HEAD' }],
    [405, 'OPTIONS', '/metrics', { method: 'OPTIONS' }],
    [413, 'a body', '/metrics', { headers: { 'content-length': '1' }, body: 'x' }],
    [413, 'a body of unknown length', '/metrics', { headers: { 'transfer-encoding': 'chunked' }, body: 'x' }],
    [431, 'headers of over 8 KiB', '/metrics', { headers: { 'x-long': 'x'.repeat(10_000) } }],
    [200, 'a query', '/metrics?debug=1', {}],
  ])('answers %d for %s', async (status, _what, path, options) => {
    const { address } = await open();
    const response = await ask(address, path, options);
    expect(response.statusCode).toBe(status);
    if (status === 405) expect(response.headers.allow).toBe('GET');
  });

  test('tells of the process that it runs in', async () => {
    const { address } = await open();
    const { types, get } = await scrape(address);
    expect(types.get('process_cpu_seconds_total')).toBe('counter');
    expect(types.get('nodejs_eventloop_lag_p99_seconds')).toBe('gauge');
    expect(types.get('nodejs_gc_duration_seconds')).toBe('histogram');
    expect(get('process_resident_memory_bytes')).toBeGreaterThan(1024 * 1024);
  });

  test('takes a few connections, and closes what is more', async () => {
    const { address } = await open();
    const sockets = Array.from({ length: 17 }, () => connect(address.port, address.host));
    await Promise.race(sockets.map((socket) => once(socket.resume(), 'close')));
    expect(sockets.filter(({ destroyed }) => destroyed)).toHaveLength(1);
    for (const socket of sockets) socket.destroy();
    await until('room for another', async () => (await ask(address, '/metrics').catch(() => undefined)) !== undefined);
  });

  test('says 500 while something cannot be read, and goes on', async () => {
    let problem: Error | undefined = new Error('the disk is full');
    const { address } = await open({
      register: (registry) => {
        const gauge = registry.gauge({ name: 'cardume_test', help: 'A test.' });
        registry.beforeEach(() => {
          if (problem !== undefined) throw problem;
          gauge.set(7, {});
        });
      },
    });
    const failure = await ask(address, '/metrics');
    expect(failure.statusCode).toBe(500);
    problem = undefined;
    expect((await scrape(address)).get('cardume_test')).toBe(7);
  });

  test('ends, with those who are connected, and frees its port', async () => {
    const { address, close } = await open();
    const socket = connect(address.port, address.host);
    stops.push(() => socket.destroy());
    await once(socket, 'connect');
    const closed = once(socket.resume(), 'close');
    await close();
    await closed;
    await open({ listen: address });
  });

  test.each<[Parameters<typeof open>[0], RegExp]>([
    [{ listen: { host: '0.0.0.0', port: 0 } }, /^--metrics: 0\.0\.0\.0:0 is reachable from other machines.*--insecure/],
    [
      { listen: { host: '192.0.2.1', port: 0 }, insecure: true },
      /^--metrics: 192\.0\.2\.1:0: this machine cannot listen/,
    ],
  ])('does not listen at %j', async (options, message) => {
    const failure = await failureOf(() => open(options));
    expect(failure).toMatchObject({ reason: 'INVALID_FIELD', message: expect.stringMatching(message) });
  });

  test('listens beyond loopback with --insecure, and on no port that is taken', async () => {
    const { address } = await open({ listen: { host: '0.0.0.0', port: 0 }, insecure: true });
    const failure = await failureOf(() => open({ listen: address, insecure: true }));
    expect(failure.message).toMatch(/^--metrics: .*another process listens there/);
  });
});
