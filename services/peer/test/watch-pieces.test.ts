import { constants } from 'node:http2';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPeer } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { maxHintedPiecesPerDownload, maxPieceWatchersPerCaller, minPieceNewsIntervalMs } from '../src/core/limits.ts';
import { useDownloadConnections } from './support/download-calls.ts';
import { makeHollowPart, makePart, type TestPart } from './support/part-file.ts';
import { collect, downloadBytes, usePeers, writeFiles } from './support/start-test-peer.ts';
import { piecesOf, piecesTold, readMessages, useWatches } from './support/watch.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const connectTo = useDownloadConnections();
const mib = 1024 * 1024;
let partCount = 0;
const watch = useWatches();

const newPath = (): string => join(folder, `${partCount++}.cardume-part`);
const newPart = (sizeBytes = 20 * mib + 7): TestPart => makePart(newPath(), `${partCount}.bin`, sizeBytes);

function shuffled(count: number): number[] {
  const pieces = Array.from({ length: count }, (_, piece) => [Math.random(), piece] as const);
  return pieces.sort(([a], [b]) => a - b).map(([, piece]) => piece);
}

describe('who watches a file that is being downloaded', () => {
  test('is told of each piece, and can have it as soon as it is told', async () => {
    const part = newPart();
    const { peer, client } = await startPeer({ paths: [] });
    part.write(3, 4);
    const share = await peer.sharePartial({ ...part.init, have: [3, 4] });
    const checks: Promise<void>[] = [];
    const check = async (piece: number): Promise<void> => {
      const range = { digest: part.digest, offset: piece * mib, limit: part.piece(piece).length };
      expect((await downloadBytes(client, range)).equals(part.piece(piece))).toBe(true);
    };
    const told = new Set<number>();
    const known = watch(client, part, (news) => {
      const unknown = piecesOf(news.added).filter((piece) => !told.has(piece));
      for (const piece of unknown) told.add(piece);
      checks.push(...unknown.map(check));
    });
    for (const piece of shuffled(part.pieceCount)) {
      part.write(piece);
      share.have(piece);
      await sleep(Math.random() * 20);
    }
    await until('all pieces', () => known.complete);
    await Promise.all(checks);
    expect(checks).toHaveLength(part.pieceCount);
  });

  test('is told how it is at first, then of changes together, then that it is whole; and watches on until it is gone', async () => {
    const part = newPart();
    const { peer, client } = await startPeer({ paths: [] });
    part.write(...shuffled(part.pieceCount));
    const share = await peer.sharePartial({ ...part.init, have: [0, 1, 20] });
    const known = watch(client, part);
    await until('the state', () => known.news.length === 1);
    expect(known.news[0]).toEqual({
      isState: true,
      added: [
        { first: 0, end: 2 },
        { first: 20, end: 21 },
      ],
      underway: [],
      ended: [],
      complete: false,
    });
    share.haveRange(5, 9);
    share.have(4);
    share.have(15);
    await until('the first change', () => known.news.length === 2);
    expect(known.news[1]).toMatchObject({
      isState: false,
      added: [
        { first: 4, end: 9 },
        { first: 15, end: 16 },
      ],
      complete: false,
    });
    const startMs = performance.now();
    for (const piece of shuffled(part.pieceCount)) {
      share.have(piece);
      await sleep(2);
    }
    await until('all pieces', () => known.complete);
    const messageCount = known.news.length - 2;
    expect(messageCount).toBeLessThanOrEqual(2 + (performance.now() - startMs) / minPieceNewsIntervalMs);
    await share.whole(part.path);
    await until('a state of the whole', () => known.news.at(-1)?.isState);
    expect(known.news.at(-1)).toMatchObject({ added: [{ first: 0, end: 21 }], complete: true });
    await share.stop();
    await known.ended;
  });

  test('hears of what all parts of it have together', async () => {
    const [part, copy] = [newPart(), newPart()];
    const { peer, client } = await startPeer({ paths: [] });
    const share = await peer.sharePartial({ ...part.init, have: [1, 2] });
    const other = await peer.sharePartial({ ...part.init, path: copy.path, have: [2, 3] });
    const known = watch(client, part);
    await until('the state', () => known.have.size === 3);
    await other.stop();
    await until('the state of the one', () => known.have.size === 2);
    expect([...known.have]).toEqual([1, 2]);
    await share.stop();
    await known.ended;
  });
});

describe('100 who watch', () => {
  test('are told of every piece, while others download them', async () => {
    const part = newPart(40 * mib);
    const { peer, client } = await startPeer({ paths: [] });
    const share = await peer.sharePartial(part.init);
    const clients = Array.from({ length: 10 }, () => openPeer(peer.address));
    const known = Array.from({ length: 100 }, (_, index) => watch(clients[index % 10] ?? client, part));
    await until('all states', () => known.every(({ news }) => news.length > 0));
    const downloads: Promise<Buffer>[] = [];
    for (const piece of shuffled(part.pieceCount)) {
      part.write(piece);
      share.have(piece);
      downloads.push(downloadBytes(client, { digest: part.digest, offset: piece * mib, limit: mib }));
      await sleep(5);
    }
    await Promise.all(downloads);
    await until('all of them to know all', () => known.every(({ complete }) => complete));
    await until('nothing under way', () => known.every(({ underway }) => underway.size === 0));
    expect(known.every(({ have }) => have.size === part.pieceCount)).toBe(true);
    const messages = known.reduce((sum, { news }) => sum + news.length, 0);
    // 40 pieces in 200 ms or more; each on its own, with its beginning and end under way, would be 12,000 messages.
    expect(messages).toBeLessThan(4_000);
    for (const opened of clients) opened.close();
  });
});

describe('who watches a whole file', () => {
  test('is told which pieces are being sent, and when they are no more', async () => {
    const part = newPart(200 * mib);
    writeFiles(join(folder, 'whole'), { 'whole.bin': part.content });
    const { peer, client } = await startPeer({
      paths: [join(folder, 'whole')],
      maxUploadBytesPerSecond: 40 * mib,
    });
    const known = watch(client, part);
    await until('the state', () => known.news.length > 0);
    expect(known.news[0]).toMatchObject({ isState: true, complete: true, added: [{ first: 0, end: 200 }] });
    const caller = new AbortController();
    const other = openPeer(peer.address);
    const { chunks } = await other.download({ digest: part.digest, offset: 50 * mib }, caller);
    const reading = (async () => {
      for await (const _ of chunks);
    })();
    reading.catch(() => {});
    await until('pieces under way', () => known.underway.size >= maxHintedPiecesPerDownload);
    expect(Math.min(...known.underway)).toBeGreaterThanOrEqual(50);
    await until('the first of them to have left', () => !known.underway.has(50));
    // Who comes later is told in the state.
    const late = watch(other, part);
    await until('the state', () => late.news.length > 0);
    expect(late.underway.size).toBeGreaterThan(maxHintedPiecesPerDownload / 2);
    expect(late.underway.has(50)).toBe(false);
    caller.abort();
    await until('nothing under way', () => known.underway.size === 0 && late.underway.size === 0);
    other.close();
  });

  test('is told when the file is another one', async () => {
    const part = newPart(3 * mib);
    writeFiles(join(folder, 'changing'), { 'changing.bin': part.content });
    const { client } = await startPeer({ paths: [join(folder, 'changing')] });
    const known = watch(client, part);
    await until('the state', () => known.news.length > 0);
    writeFiles(join(folder, 'changing'), { 'changing.bin': 'another one' });
    await known.ended;
    expect((await failureOf(() => collect(client.watchPieces(part.digest, 1)))).reason).toBe('FILE_NOT_SHARED');
  });
});

describe('a watcher that takes nothing', () => {
  /** Lets a part gain and lose pieces, so that there is always something to tell. */
  async function change(
    part: Pick<TestPart, 'init' | 'pieceCount'>,
    peer: Awaited<ReturnType<typeof startPeer>>['peer'],
    signal: AbortSignal,
  ) {
    while (!signal.aborted) {
      const share = await peer.sharePartial(part.init);
      for (let piece = 0; piece < part.pieceCount; piece += 2) share.have(piece);
      await sleep(10);
      await share.stop();
    }
  }

  test('is cut off, and costs neither memory nor the others anything', async () => {
    const part = makeHollowPart(newPath(), 512 * mib);
    const { peer, client } = await startPeer({ paths: [], stallTimeoutMs: 1_000 });
    await peer.sharePartial({ ...part.init, have: [511] });
    const { watchPieces } = await connectTo(peer.address.port, 0);
    const streams = Array.from({ length: 50 }, () => watchPieces(part.digest));
    const changing = new AbortController();
    const changes = change(part, peer, changing.signal);
    const known = watch(client, part);
    const startBytes = process.memoryUsage().arrayBuffers;
    await until('all of them to be cut off', () => streams.every(({ closed }) => closed));
    changing.abort();
    await changes;
    expect(new Set(streams.map(({ rstCode }) => rstCode))).toEqual(new Set([constants.NGHTTP2_ENHANCE_YOUR_CALM]));
    expect(process.memoryUsage().arrayBuffers - startBytes).toBeLessThan(50 * mib);
    expect(known.news.length).toBeGreaterThan(10);
    await until('one who reads to know how it is in the end', () => known.have.size === 1);
  });

  test('for a while is told how it is then, and not all that was', async () => {
    const part = makeHollowPart(newPath(), 2_048 * mib);
    const { peer } = await startPeer({ paths: [] });
    const share = await peer.sharePartial(part.init);
    const { watchPieces } = await connectTo(peer.address.port, 100);
    const stream = watchPieces(part.digest);
    const even = shuffled(1_024).map((piece) => piece * 2);
    for (const [index, piece] of even.entries()) {
      share.have(piece);
      if (index % 16 === 0) await sleep(25);
    }
    const messages = await readMessages(stream, (all) => piecesTold(all, part.pieceCount).size === 1_024);
    // Those of the windows and buffers between, one state, and what came since; all changes would be some thirty.
    expect(messages.filter(({ payload }) => payload?.$case === 'state').length).toBeGreaterThan(1);
    expect(messages.length).toBeLessThan(15);
  });
});

describe('a watch ends', () => {
  test('when the peer is killed', async () => {
    const part = newPart(3 * mib);
    writeFiles(join(folder, 'killed'), { 'killed.bin': part.content });
    const script = join(import.meta.dirname, 'support/serve-peer.ts');
    const child = startProcess(process.execPath, [script, JSON.stringify({ paths: [join(folder, 'killed')] })]);
    const { port } = await child.waitForObject('serving');
    const client = openPeer({ host: '127.0.0.1', port: Number(port) });
    const known = watch(client, part);
    await until('the state', () => known.complete);
    child.kill('SIGKILL');
    expect((await failureOf(() => known.ended)).reason).toBe('UNREACHABLE');
    client.close();
  });

  test('when the peer stops, which it does not put off', async () => {
    const part = newPart(3 * mib);
    const { peer, client } = await startPeer({ paths: [] });
    await peer.sharePartial(part.init);
    const known = watch(client, part);
    await until('the state', () => known.news.length > 0);
    const startMs = performance.now();
    const stopped = peer.stop();
    expect((await failureOf(() => known.ended)).reason).toBe('SHUTTING_DOWN');
    await stopped;
    // Open calls that do not end are waited for, for 2 s.
    expect(performance.now() - startMs).toBeLessThan(1_500);
  });

  test('when its caller ends it, and its slot is free again', async () => {
    const part = newPart(3 * mib);
    const { peer, client } = await startPeer({ paths: [] });
    await peer.sharePartial(part.init);
    const { watchPieces } = await connectTo(peer.address.port);
    const streams = Array.from({ length: maxPieceWatchersPerCaller }, () => watchPieces(part.digest));
    await Promise.all(streams.map((stream) => readMessages(stream, (messages) => messages.length === 1)));
    const refused = await failureOf(() => collect(client.watchPieces(part.digest, part.sizeBytes)));
    expect(refused).toMatchObject({ reason: 'LIMIT_REACHED', metadata: { limit: 'maxPieceWatchersPerCaller' } });
    expect(refused.retryDelayMs).toBe(1_000);
    streams[0]?.close(constants.NGHTTP2_CANCEL);
    const isLetIn = await until('a free slot', async () => {
      const next = watch(client, part);
      let isRefused = false;
      next.ended.catch(() => {
        isRefused = true;
      });
      await until('an answer', () => isRefused || next.news.length > 0);
      return !isRefused;
    });
    expect(isLetIn).toBe(true);
  });
});

test.each([
  ['INVALID_FIELD', 'AB'.repeat(32)],
  ['INVALID_FIELD', ''],
  ['FILE_NOT_SHARED', 'ab'.repeat(32)],
])('a watch fails with %s for the digest %j', async (reason, digest) => {
  const { peer } = await startPeer({ paths: [] });
  const channel = openChannel(peer.address, 'peer');
  const failure = await failureOf(() => collect(channel.client(TransferServiceDefinition).watchPieces({ digest })));
  expect(failure.reason).toBe(reason);
  channel.close();
});
