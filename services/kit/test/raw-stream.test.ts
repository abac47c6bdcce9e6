import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { promisify } from 'node:util';
import { CardumeError, cardumeErrorFrom, frameMessage } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import {
  DownloadRequest,
  DownloadResponse,
  TransferServiceDefinition,
  type TransferServiceImplementation,
} from '@cardume/proto/transfer/v1';
import { Server, ServerCredentials, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { takesNothing } from '../../../tests/support/takes-nothing.ts';
import { until } from '../../../tests/support/until.ts';
import { grpcService } from '../src/adapters/grpc-service.ts';
import { CallAccounts, defaultCallBounds } from '../src/core/calls/call-accounts.ts';
import { WaitingCalls } from '../src/core/calls/waiting-calls.ts';
import { createAnsweringInterceptor } from '../src/handlers/answer-calls.ts';
import {
  createLogger,
  type RawStreamHandler,
  type RunningServer,
  rawStream,
  type ServerInit,
  serve,
  startServer,
} from '../src/index.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const path = '/cardume.transfer.v1.TransferService/Download';
const silent = createLogger({ service: 'test', level: 'silent', format: 'json' });

function serviceOf(download: RawStreamHandler<DownloadRequest>): TransferServiceImplementation {
  return {
    download: rawStream(download),
    async *downloadFiles() {},
    async *getManifest() {},
    ...takesNothing,
    async *watchPieces() {},
    listFiles: async () => ({ peerId: 'p' }),
  };
}

async function start(
  download: RawStreamHandler<DownloadRequest>,
  init: Partial<Pick<ServerInit, 'logger' | 'stallTimeoutMs'>> = {},
): Promise<RunningServer> {
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    insecure: false,
    services: [serve(TransferServiceDefinition, serviceOf(download))],
    logger: silent,
    ...init,
  });
  stops.push(() => server.stop(0));
  return server;
}

/** A client of the generated code, on nice-grpc. */
function clientOf({ address }: Pick<RunningServer, 'address'>) {
  const channel = openChannel(address, 'peer');
  stops.push(() => channel.close());
  return channel.client(TransferServiceDefinition);
}

function chunkMessage(bytes: Uint8Array): Buffer {
  return frameMessage(DownloadResponse.encode({ payload: { $case: 'chunk', value: bytes } }).finish());
}

async function chunksOf(stream: AsyncIterable<DownloadResponse>): Promise<string[]> {
  const chunks: string[] = [];
  for await (const { payload } of stream) {
    chunks.push(payload?.$case === 'chunk' ? Buffer.from(payload.value).toString() : 'no chunk');
  }
  return chunks;
}

/** An HTTP/2 connection whose streams are read when the test says so. Its own window stays at 65,535 bytes. */
async function connectByHand(server: RunningServer, streamWindowBytes = 65_535): Promise<ClientHttp2Session> {
  const settings = { initialWindowSize: streamWindowBytes };
  const session = connect(`http://127.0.0.1:${server.address.port}`, { settings });
  stops.push(() => session.destroy());
  await once(session, 'remoteSettings');
  return session;
}

/** Calls the method with these requests, and reads nothing by itself. */
function callByHand(session: ClientHttp2Session, requests: readonly Buffer[], headers = {}): ClientHttp2Stream {
  const base = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  const stream = session.request({ ...base, ...headers });
  stream.on('error', () => {});
  for (const request of requests) stream.write(request);
  stream.end();
  return stream;
}

/** A request for a name, framed. */
function requestOf(name: string): Buffer {
  return frameMessage(DownloadRequest.encode(DownloadRequest.fromPartial({ name })).finish());
}

describe('a raw method', () => {
  test('gets its request and its caller, and its messages are those of the generated code', async () => {
    const calls: { name: string; callerAddress: string }[] = [];
    const server = await start(async ({ name }, { callerAddress, send }) => {
      calls.push({ name, callerAddress });
      for (const text of ['one', 'two', 'three']) await send(chunkMessage(Buffer.from(text)));
    });
    const client = clientOf(server);
    expect(await chunksOf(client.download({ name: 'x' }))).toEqual(['one', 'two', 'three']);
    expect(calls).toEqual([{ name: 'x', callerAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/) }]);
    expect((await client.listFiles({})).peerId).toBe('p');
  });

  test('may send nothing at all', async () => {
    const server = await start(async () => {});
    expect(await chunksOf(clientOf(server).download({}))).toEqual([]);
  });

  test.each([
    ['before the first message', 0],
    ['after some', 3],
  ])('that fails %s says why, with all details', async (_, count) => {
    const server = await start(async (_request, { send }) => {
      for (let sent = 0; sent < count; sent++) await send(chunkMessage(Buffer.from('bytes')));
      throw new CardumeError('LIMIT_REACHED', 'too many; come back', {
        metadata: { limit: 'maxDownloads' },
        retryDelayMs: 1_500,
      });
    });
    const failure = await failureOf(() => chunksOf(clientOf(server).download({})));
    expect(failure).toMatchObject({
      reason: 'LIMIT_REACHED',
      code: 'RESOURCE_EXHAUSTED',
      message: 'too many; come back',
      metadata: { limit: 'maxDownloads' },
      retryDelayMs: 1_500,
    });
  });

  test('that fails as nobody foresaw is INTERNAL, whole in the log, and the server goes on', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => lines.push(line) };
    const logger = createLogger({ service: 'test', level: 'debug', format: 'json', destination });
    const server = await start(
      async ({ name }, { send }) => {
        if (name === 'bad') throw new TypeError('/secret/path is undefined');
        await send(chunkMessage(Buffer.from('alive')));
      },
      { logger },
    );
    const client = clientOf(server);
    const failure = await failureOf(() => chunksOf(client.download({ name: 'bad' })));
    expect(failure).toMatchObject({ reason: 'INTERNAL', code: 'INTERNAL' });
    expect(failure.message).not.toContain('secret');
    expect(await chunksOf(client.download({ name: 'good' }))).toEqual(['alive']);
    const logged = await until('both calls in the log', () => {
      const ended = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'call ended');
      return ended.length === 2 && ended;
    });
    expect(logged).toMatchObject([
      { method: path, status: 'INTERNAL' },
      { method: path, status: 'OK' },
    ]);
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ msg: 'request failed', error: '/secret/path is undefined' }),
    );
  });

  test('that its caller cancels hears of it, wherever it is', async () => {
    const sent = Promise.withResolvers<void>();
    const failures: unknown[] = [];
    const server = await start(async (_request, { send, signal }) => {
      try {
        for (;;) {
          await send(chunkMessage(Buffer.alloc(100_000)));
          sent.resolve();
        }
      } catch (error) {
        failures.push(error, signal.aborted);
        throw error;
      }
    });
    const controller = new AbortController();
    const reading = failureOf(() => chunksOf(clientOf(server).download({}, { signal: controller.signal })));
    await sent.promise;
    controller.abort();
    expect((await reading).code).toBe('CANCELLED');
    await until('the handler to hear of it', () => failures.length > 0);
    expect(failures).toEqual([expect.objectContaining({ name: 'AbortError' }), true]);
  });

  test('whose caller gives a deadline ends at it, and the server goes on', async () => {
    let ended = 0;
    const server = await start(async ({ name }, { send }) => {
      try {
        await send(chunkMessage(Buffer.from('first')));
        while (name === 'endless') await send(chunkMessage(Buffer.alloc(100_000)));
      } finally {
        ended += 1;
      }
    });
    // grpc-timeout is what a client's deadline is on the wire.
    const stream = callByHand(await connectByHand(server), [requestOf('endless')], { 'grpc-timeout': '200m' });
    stream.resume();
    const [trailers] = await once(stream, 'trailers');
    expect(trailers['grpc-status']).toBe('4');
    await until('the handler to end', () => ended === 1);
    expect(await chunksOf(clientOf(server).download({}))).toEqual(['first']);
  });

  test('that is open when the server stops ends with SHUTTING_DOWN', async () => {
    const server = await start(async (_request, { send, signal }) => {
      await send(chunkMessage(Buffer.from('first')));
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const stream = clientOf(server).download({})[Symbol.asyncIterator]();
    await stream.next();
    const rest = failureOf(() => stream.next());
    await server.stop(0);
    expect(await rest).toMatchObject({ reason: 'SHUTTING_DOWN', code: 'UNAVAILABLE' });
  });

  test.each([
    ['none', []],
    ['two', [frameMessage(Buffer.alloc(0)), frameMessage(Buffer.alloc(0))]],
  ])('is not called with %s request messages', async (_, requests) => {
    let calls = 0;
    const server = await start(async () => {
      calls += 1;
    });
    const stream = callByHand(await connectByHand(server), requests);
    const [headers] = await once(stream, 'response');
    expect(headers['grpc-status']).toBe('12');
    expect(calls).toBe(0);
  });

  test('sends the same bytes where an interceptor hides what grpc-js keeps to itself', async () => {
    const hide: ServerInterceptor = (_method, call) => new ServerInterceptingCall(call);
    const served = serve(
      TransferServiceDefinition,
      serviceOf(async (_request, { send }) => {
        for (const text of ['one', 'two']) await send(chunkMessage(Buffer.from(text)));
      }),
    );
    const interceptor = createAnsweringInterceptor({
      rawStreams: served.rawStreams,
      ...served.handlers,
      refuse: () => {},
      run: async (_call, handler) => ({ code: 0, details: '', response: await handler() }),
      gate: undefined,
      limits: {
        accounts: new CallAccounts(defaultCallBounds, () => false),
        waiting: new WaitingCalls(1_000),
        rates: undefined,
        nowMs: () => performance.now(),
      },
      stallTimeoutMs: 1_000,
    });
    const server = new Server({ interceptors: [hide, interceptor] });
    server.addService(grpcService(served.definition), {});
    const port = await promisify(server.bindAsync.bind(server))('127.0.0.1:0', ServerCredentials.createInsecure());
    stops.push(() => server.forceShutdown());
    const client = clientOf({ address: { host: '127.0.0.1', port } });
    expect(await chunksOf(client.download({}))).toEqual(['one', 'two']);
  });
});

describe('a caller that takes nothing', () => {
  /** Sends without end, and notes how that ended. */
  function endless(failures: CardumeError[]): RawStreamHandler<DownloadRequest> {
    return async (_request, { send }) => {
      try {
        for (;;) await send(chunkMessage(Buffer.alloc(50_000)));
      } catch (error) {
        failures.push(cardumeErrorFrom(error));
        throw error;
      }
    };
  }

  test.each([
    ['of a stream, from the first byte on', 0, 1],
    ['of a stream, after some', 65_535, 1],
    ['of a connection, whose streams wait for their turns', 2 ** 24, 12],
  ])('%s is cut off, and told to come back', async (_, streamWindowBytes, count) => {
    const failures: CardumeError[] = [];
    const server = await start(endless(failures), { stallTimeoutMs: 200 });
    const session = await connectByHand(server, streamWindowBytes);
    const streams = Array.from({ length: count }, () => callByHand(session, [requestOf('x')]));
    await until('the end of the streams', () => streams.every(({ closed }) => closed));
    expect(streams.map(({ rstCode }) => rstCode)).toEqual(streams.map(() => constants.NGHTTP2_ENHANCE_YOUR_CALM));
    expect(failures.map(({ reason }) => reason)).toEqual(streams.map(() => 'TIMED_OUT'));
  });

  test('because there is nothing to take is left alone', async () => {
    const server = await start(
      async (_request, { send }) => {
        await send(chunkMessage(Buffer.from('before')));
        // Longer than a reader may be idle.
        const startMs = performance.now();
        await until('a while', () => performance.now() - startMs > 300);
        await send(chunkMessage(Buffer.from('after')));
      },
      { stallTimeoutMs: 100 },
    );
    expect(await chunksOf(clientOf(server).download({}))).toEqual(['before', 'after']);
  });
});

describe('the streams of one connection', () => {
  const chunks = 200;

  /** Sends 200 chunks for `long`, and one for anything else. */
  const longOrShort: RawStreamHandler<DownloadRequest> = async ({ name }, { send }) => {
    for (let sent = 0; sent < (name === 'long' ? chunks : 1); sent++) await send(chunkMessage(Buffer.alloc(20_000)));
  };

  test('take turns: short ones do not wait for the end of long ones that began before', async () => {
    const session = await connectByHand(await start(longOrShort));
    let longBytes = 0;
    const long = Array.from({ length: 10 }, () => callByHand(session, [requestOf('long')]));
    for (const stream of long) {
      stream.on('data', (data: Buffer) => {
        longBytes += data.length;
      });
    }
    await until('the first bytes', () => longBytes > 0);
    const short = Array.from({ length: 50 }, () => callByHand(session, [requestOf('short')]).resume());
    await Promise.all(short.map((stream) => once(stream, 'end')));
    expect(longBytes).toBeLessThan((long.length * chunks * 20_000) / 2);
    await Promise.all(long.map((stream) => once(stream, 'end')));
    expect(longBytes).toBeGreaterThan(long.length * chunks * 20_000);
  });

  test('go on while others of them are paused', async () => {
    const server = await start(longOrShort);
    const session = await connectByHand(server, 10_000);
    const paused = Array.from({ length: 5 }, () => callByHand(session, [requestOf('long')]));
    await Promise.all(paused.map((stream) => once(stream, 'response')));
    const read = callByHand(session, [requestOf('long')]).resume();
    await once(read, 'end');
    expect(paused.map(({ closed }) => closed)).toEqual(paused.map(() => false));
  });
});
