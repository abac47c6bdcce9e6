// Calls over the SDK's own gRPC, at real HTTP/2 servers that answer as they should, or not.
import { once } from 'node:events';
import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { IndexServiceDefinition, SearchResponse } from '@cardume/proto/index/v1';
import { ListFilesResponse, TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { afterEach, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { heapBytes } from '../../../tests/support/fuzz/heap-bytes.ts';
import { until } from '../../../tests/support/until.ts';
import { type GrpcClient, grpcClient } from '../src/adapters/grpc/grpc-client.ts';
import { openGrpcSession } from '../src/adapters/grpc/grpc-session.ts';
import { frameMessage, openIndex, openPeer } from '../src/index.ts';

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Scripted {
  server: Http2Server;
  port: number;
  /** How many connections there were. */
  connections: number;
  /** Cuts those that are there. */
  cut: () => void;
}

async function serve(answer: Answer): Promise<Scripted> {
  const sessions = new Set<{ destroy(): void }>();
  const server = createServer();
  const scripted: Scripted = {
    server,
    port: 0,
    connections: 0,
    cut() {
      for (const session of sessions) session.destroy();
    },
  };
  server.on('session', (session) => {
    scripted.connections += 1;
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    answer(stream, headers);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  scripted.port = address !== null && typeof address === 'object' ? address.port : 0;
  closing.push(() => {
    scripted.cut();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return scripted;
}

const headers = { ':status': 200, 'content-type': 'application/grpc+proto' };

/** Answers with these bytes, and then the status OK. */
function answerWith(stream: ServerHttp2Stream, ...parts: Uint8Array[]): void {
  stream.respond(headers, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.concat(parts));
}

const searchAnswer = frameMessage(SearchResponse.encode(SearchResponse.fromPartial({ truncated: true })).finish());

function clientOf(port: number): GrpcClient<typeof IndexServiceDefinition> {
  const session = openGrpcSession({ host: '127.0.0.1', port }, { role: 'index' });
  closing.push(() => session.close());
  return grpcClient(IndexServiceDefinition, session, `index 127.0.0.1:${port}`);
}

/** The head of a message that has so many bytes. */
function prefix(lengthBytes: number, flags = 0): Buffer {
  const bytes = Buffer.alloc(5, flags);
  bytes.writeUInt32BE(lengthBytes, 1);
  return bytes;
}

describe('a unary call', () => {
  test('gives the answer, whichever way its bytes are cut', async () => {
    const { port } = await serve((stream) => {
      stream.respond(headers, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      for (const byte of searchAnswer) stream.write(Buffer.of(byte));
      stream.end();
    });
    expect(await clientOf(port).search({ query: 'x' })).toMatchObject({ truncated: true });
  });

  test('tells the server its deadline, and keeps to it', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const { port } = await serve((_stream, received) => seen.push(received));
    const failure = await failureOf(() => clientOf(port).search({ query: 'x' }, { deadlineMs: 150 }));
    expect(failure).toMatchObject({
      reason: 'TIMED_OUT',
      message: `index 127.0.0.1:${port} did not answer within 0.15 s`,
    });
    expect(seen.map((received) => received['grpc-timeout'])).toEqual(['150m']);
  });

  test('is ended by its signal, also at the server', async () => {
    let resetCode: number | undefined;
    let came = false;
    const { port } = await serve((stream) => {
      came = true;
      stream.on('close', () => {
        resetCode = stream.rstCode;
      });
    });
    const abort = new AbortController();
    const failing = failureOf(() => clientOf(port).search({ query: 'x' }, { signal: abort.signal }));
    await until('the call to be there', () => came);
    abort.abort();
    expect(await failing).toMatchObject({ reason: 'CANCELLED' });
    await until('the stream to be reset', () => resetCode === constants.NGHTTP2_CANCEL);
  });

  test.each([
    ['a message that is longer than 4 MiB', [prefix(4 * 1024 * 1024 + 1)], 'LIMIT_REACHED'],
    ['a compressed message', [prefix(1, 1), Buffer.alloc(1)], 'BYTES_MISMATCH'],
    ['half a message', [searchAnswer.subarray(0, -1)], 'BYTES_MISMATCH'],
    ['two messages', [searchAnswer, searchAnswer], 'BYTES_MISMATCH'],
    ['no message', [], 'BYTES_MISMATCH'],
    ['bytes that are no message', [prefix(2), Buffer.of(0xff, 0xff)], 'BYTES_MISMATCH'],
  ])('does not take %s', async (_what, parts, reason) => {
    const { port } = await serve((stream) => answerWith(stream, ...parts));
    const failure = await failureOf(() => clientOf(port).search({ query: 'x' }));
    expect(failure).toMatchObject({ reason });
    expect(failure.message).toContain(`index 127.0.0.1:${port} `);
  });

  test.each([
    [constants.NGHTTP2_ENHANCE_YOUR_CALM, 'LIMIT_REACHED', 'has too much to do; try again'],
    [constants.NGHTTP2_INTERNAL_ERROR, 'UNREACHABLE', 'ended the connection in the middle (HTTP/2 reset 2)'],
    [constants.NGHTTP2_REFUSED_STREAM, 'UNREACHABLE', 'ended the connection in the middle (HTTP/2 reset 7)'],
  ])('that is reset with %d is %s', async (code, reason, text) => {
    const { port } = await serve((stream) => stream.close(code));
    const failure = await failureOf(() => clientOf(port).search({ query: 'x' }));
    expect(failure).toMatchObject({ reason, message: `index 127.0.0.1:${port} ${text}` });
  });

  test('is made again when the server had not begun with it, over another connection where that one ends', async () => {
    const seen: string[] = [];
    const scripted = await serve((stream, { 'grpc-timeout': timeout }) => {
      seen.push(`${timeout}`);
      if (scripted.connections > 1) answerWith(stream, searchAnswer);
      else {
        stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
      }
    });
    expect(await clientOf(scripted.port).search({ query: 'x' })).toMatchObject({ truncated: true });
    expect([scripted.connections, seen.length]).toEqual([2, 2]);
  });

  test('connects anew when the connection was lost', async () => {
    const scripted = await serve((stream) => answerWith(stream, searchAnswer));
    const client = clientOf(scripted.port);
    await client.search({ query: 'x' });
    scripted.cut();
    await until('a call to get through', () =>
      client.search({ query: 'x' }).then(
        () => true,
        () => false,
      ),
    );
    expect(scripted.connections).toBe(2);
  });
});

test('who does not answer is named with what it is', async () => {
  const { server, port } = await serve(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  const index = openIndex({ host: '127.0.0.1', port });
  const peer = openPeer({ host: '127.0.0.1', port });
  closing.push(
    () => index.close(),
    () => peer.close(),
  );
  expect(await failureOf(() => index.stats())).toMatchObject({
    reason: 'UNREACHABLE',
    message: `index 127.0.0.1:${port} does not answer (ECONNREFUSED)`,
  });
  expect((await failureOf(() => peer.id())).message).toBe(`peer 127.0.0.1:${port} does not answer (ECONNREFUSED)`);
});

test('one connection to a peer serves whatever it is asked', async () => {
  const { fullName, methods } = TransferServiceDefinition;
  const page = frameMessage(ListFilesResponse.encode(ListFilesResponse.fromPartial({ peerId: 'p' })).finish());
  const asked: (string | undefined)[] = [];
  const scripted = await serve((stream, received) => {
    asked.push(received[':path']);
    answerWith(stream, ...(received[':path'] === `/${fullName}/${methods.listFiles.name}` ? [page] : []));
  });
  const peer = openPeer({ host: '127.0.0.1', port: scripted.port });
  closing.push(() => peer.close());
  expect(await peer.id()).toBe('p');
  // It describes no file, which is not right of it.
  expect(await failureOf(() => peer.download({ name: 'x' }))).toMatchObject({ reason: 'BYTES_MISMATCH' });
  for await (const file of peer.listFiles()) expect(file).toBeUndefined();
  expect(asked).toHaveLength(3);
  expect(scripted.connections).toBe(1);
});

test('a session whose connection was lost holds nothing of it, and connects anew', async () => {
  const scripted = await serve((stream) => answerWith(stream, searchAnswer));
  const heldBytes = (): number => {
    heapBytes();
    return process.memoryUsage().arrayBuffers;
  };
  const clients = Array.from({ length: 64 }, () => clientOf(scripted.port));
  const searchAll = () => Promise.all(clients.map((client) => client.search({ query: 'x' })));
  await searchAll();
  const before = heldBytes();
  scripted.cut();
  // Each received into 256 KiB; a little of them all may go later.
  await until('what they received with to be free', () => before - heldBytes() > 60 * 256 * 1024);
  await searchAll();
  expect(scripted.connections).toBe(128);
});
