import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { openIndex } from '@cardume/client';
import type { IndexServiceImplementation } from '@cardume/proto/index/v1';
import { afterEach, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { until } from '../../../tests/support/until.ts';
import type { RunningServer, ServerInit } from '../src/index.ts';
import { startIdleServer } from './support/idle-service.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(
  init: Partial<ServerInit>,
  change: Partial<IndexServiceImplementation> = {},
): Promise<RunningServer> {
  const server = await startIdleServer(init, change);
  stops.push(() => server.stop(0));
  return server;
}

/** A connection whose calls send what the test says. */
async function connectByHand({ address }: RunningServer): Promise<ClientHttp2Session> {
  const options = { maxSendHeaderBlockLength: 2 ** 20 };
  const session = connect(`http://127.0.0.1:${address.port}`, options).on('error', () => {});
  stops.push(() => session.destroy());
  await once(session, 'remoteSettings');
  return session;
}

/** A call that goes on until its server ends it. */
interface OpenCall {
  stream: ClientHttp2Stream;
  /** How it ended. */
  end: Promise<{ status: string; message: string; resetCode: number }>;
}

function begin(session: ClientHttp2Session, method: string, headers = {}): OpenCall {
  const base = { ':method': 'POST', ':path': `/cardume.index.v1.IndexService/${method}`, te: 'trailers' };
  const stream = session.request({ ...base, 'content-type': 'application/grpc', ...headers }, { endStream: false });
  stream.on('error', () => {});
  let [status, message] = ['', ''];
  const read = (block: Record<string, unknown>): void => {
    if ('grpc-status' in block) [status, message] = [String(block['grpc-status']), String(block['grpc-message'])];
  };
  stream.on('response', read).on('trailers', read).resume();
  const end = once(stream, 'close').then(() => ({
    status,
    message: decodeURI(message),
    resetCode: stream.rstCode ?? constants.NGHTTP2_NO_ERROR,
  }));
  return { stream, end };
}

/** The prefix of a message of so many bytes. */
function prefixOf(length: number, isCompressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isCompressed ? 1 : 0, 0);
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

const resourceExhausted = '8';

describe('a call whose message', () => {
  test.each([
    ['does not come', 'Search', []],
    ['does not come, of a stream', 'Publish', []],
    ['does not come, and whose answer is a stream', 'Watch', []],
    ['comes half', 'Search', [prefixOf(100), Buffer.alloc(50)]],
    ['comes half, of a stream', 'Publish', [prefixOf(0), prefixOf(100)]],
    ['comes, and whose end does not', 'Search', [prefixOf(0)]],
    ['comes, and no other one', 'Publish', [prefixOf(0), prefixOf(0)]],
  ])('%s is ended, and nothing of it stays', async (_, method, sent) => {
    const server = await start({ requestTimeoutMs: 100 });
    const { stream, end } = begin(await connectByHand(server), method);
    for (const bytes of sent) stream.write(bytes);
    expect(await end).toEqual({
      status: resourceExhausted,
      message: expect.stringContaining('(requestTimeoutMs)'),
      resetCode: constants.NGHTTP2_NO_ERROR,
    });
  });

  test('is there may take as long as it likes', async () => {
    const release = Promise.withResolvers<void>();
    const server = await start(
      { requestTimeoutMs: 100 },
      {
        async getStats() {
          await release.promise;
          return {};
        },
      },
    );
    const client = openIndex(server.address);
    stops.push(() => client.close());
    const answer = client.stats();
    // Begun later, and ended: whatever is overdue has been ended by then.
    await begin(await connectByHand(server), 'Search').end;
    release.resolve();
    await answer;
  });
});

describe('calls that are open at once', () => {
  test('of one caller are bounded, and what is beyond is refused as the contract says', async () => {
    const server = await start({ callBounds: { maxCallsPerCaller: 3 } });
    const session = await connectByHand(server);
    const calls = [begin(session, 'Search'), begin(session, 'Publish'), begin(session, 'Watch')];
    const refused = await begin(session, 'Search').end;
    expect(refused).toEqual({
      status: resourceExhausted,
      message: expect.stringContaining('(maxCallsPerCaller)'),
      resetCode: constants.NGHTTP2_NO_ERROR,
    });
    const client = openIndex(server.address);
    stops.push(() => client.close());
    expect(await failureOf(() => client.stats())).toMatchObject({
      reason: 'LIMIT_REACHED',
      metadata: { limit: 'maxCallsPerCaller' },
      retryDelayMs: 1_000,
    });
    calls[0]?.stream.close(constants.NGHTTP2_CANCEL);
    await until('room for another', () =>
      client.stats().then(
        () => true,
        () => false,
      ),
    );
  });

  test('are not asked for on and on: a connection with too many that are refused is cut', async () => {
    const callBounds = { maxCallsPerCaller: 1 };
    const server = await start({ callBounds, connectionBounds: { maxRefusalsPerConnection: 5 } });
    const session = await connectByHand(server);
    for (let count = 0; count < 10; count += 1) begin(session, 'Search');
    await until('its end', () => session.destroyed);
    const client = openIndex(server.address);
    stops.push(() => client.close());
    await client.stats();
  });

  test('of all are bounded, and whoever waits for nothing takes the place of who has waited the longest', async () => {
    const server = await start({ callBounds: { maxCalls: 3 } });
    const session = await connectByHand(server);
    const [first] = [begin(session, 'Search'), begin(session, 'Publish'), begin(session, 'Watch')];
    const client = openIndex(server.address);
    stops.push(() => client.close());
    await client.stats();
    expect(await first?.end).toMatchObject({
      status: resourceExhausted,
      message: expect.stringContaining('(maxCalls)'),
    });
  });
});

test.each([
  ['in one field', { 'x-large': 'x'.repeat(17_000) }],
  ['in many fields', Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`x-${at}`, 'x'.repeat(200)]))],
  ['in one field that is there many times', { 'x-large': Array.from({ length: 100 }, () => 'x'.repeat(200)) }],
])('a call with too much metadata, %s, is refused, and the connection goes on', async (_, headers) => {
  const server = await start({});
  const session = await connectByHand(server);
  expect(await begin(session, 'Search', headers).end).toMatchObject({
    status: resourceExhausted,
    message: expect.stringContaining('(maxMetadataLength)'),
  });
  const { stream, end } = begin(session, 'GetStats');
  stream.end(prefixOf(0));
  expect(await end).toMatchObject({ status: '0' });
});

describe('bytes of messages that are held at once', () => {
  const callBounds = { maxHeldRequestBytesPerCaller: 5 * 1024 * 1024 };
  const tooMany = { status: resourceExhausted, message: expect.stringContaining('(maxHeldRequestBytesPerCaller)') };

  test.each(['Search', 'Publish'])('are bounded over all calls of %s', async (method) => {
    const server = await start({ callBounds });
    const session = await connectByHand(server);
    const calls = [1, 2].map(() => begin(session, method));
    for (const { stream } of calls) stream.write(Buffer.concat([prefixOf(4_000_000), Buffer.alloc(3_000_000)]));
    expect(await Promise.race(calls.map(({ end }) => end))).toMatchObject(tooMany);
  });

  test('are free again once each message of a stream was taken', async () => {
    const server = await start({ callBounds });
    const { stream, end } = begin(await connectByHand(server), 'Publish');
    for (let count = 0; count < 10; count += 1) {
      stream.write(Buffer.concat([prefixOf(2_000_000), unknownField(2_000_000)]));
    }
    stream.end();
    expect(await end).toMatchObject({ status: '0' });
  });

  test('of compressed messages are as many as these may become', async () => {
    const server = await start({ callBounds });
    const session = await connectByHand(server);
    const bomb = gzipSync(unknownField(4_000_000));
    const calls = [1, 2].map(() => begin(session, 'Search', { 'grpc-encoding': 'gzip' }));
    for (const { stream } of calls) stream.write(Buffer.concat([prefixOf(bomb.length, true), bomb]));
    expect(await Promise.race(calls.map(({ end }) => end))).toMatchObject(tooMany);
  });

  test('have those of the metadata among them', async () => {
    const server = await start({ callBounds: { maxHeldRequestBytesPerCaller: 20_000 } });
    const session = await connectByHand(server);
    const large = { 'x-large': 'x'.repeat(15_000) };
    begin(session, 'Search', large);
    expect(await begin(session, 'Search', large).end).toMatchObject(tooMany);
  });
});

/** A message of so many bytes, with a field that nobody knows. */
function unknownField(length: number): Buffer {
  // Field 15 of bytes, whose length takes four bytes.
  const head = Buffer.from([0x7a, 0, 0, 0, 0]);
  const rest = length - head.length;
  for (let at = 0; at < 4; at += 1) head[at + 1] = ((rest >> (7 * at)) & 0x7f) | (at < 3 ? 0x80 : 0);
  return Buffer.concat([head, Buffer.alloc(rest)]);
}

test('a stream of requests that is answered before its caller has ended has its answer', async () => {
  const publish: IndexServiceImplementation['publish'] = async (requests) => {
    for await (const _ of requests) break;
    return { takenFileCount: 7 };
  };
  const session = await connectByHand(await start({}, { publish }));
  const answers = Array.from({ length: 50 }, async () => {
    const { stream, end } = begin(session, 'Publish');
    const received: Buffer[] = [];
    stream.on('data', (data) => received.push(data));
    stream.write(prefixOf(0));
    const { status } = await end;
    return { status, length: Buffer.concat(received).length };
  });
  const [first] = await Promise.all(answers);
  expect(first?.length).toBeGreaterThan(5);
  for (const answer of await Promise.all(answers)) expect(answer).toEqual({ status: '0', length: first?.length });
});
