import { mkdirSync, readdirSync, readlinkSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Stream, constants } from 'node:http2';
import { join } from 'node:path';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import {
  createCallerSlots,
  createLogger,
  createSlots,
  type RunningServer,
  serve,
  startServer,
} from '@cardume/service-kit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { openSharedFile } from '../src/adapters/open-shared-file.ts';
import { BufferPool } from '../src/core/buffer-pool.ts';
import { admitAll } from '../src/core/fair/upload-admission.ts';
import { stampOf } from '../src/core/file-stamp.ts';
import { noPeerMetrics } from '../src/core/peer-metrics.ts';
import { PieceBoards } from '../src/core/pieces/piece-boards.ts';
import { ShareList } from '../src/core/share-list.ts';
import { createSeenShare } from '../src/core/share-rights.ts';
import { SharedFiles } from '../src/core/shared-files.ts';
import { Uploads } from '../src/core/uploads/uploads.ts';
import { createTransferService } from '../src/handlers/transfer-service.ts';
import { limitUploads, unlimited } from '../src/limit-uploads.ts';
import { useDownloadConnections } from './support/download-calls.ts';

const folder = temporaryFolder();
const path = join(folder, 'large');
const mib = 1024 * 1024;
const connectTo = useDownloadConnections();

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, '');
  truncateSync(path, 64 * mib);
});

const servers: RunningServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop(0))));

/** A transfer service of one large file, whose buffers and slots a test can see. */
async function startService(pace = unlimited) {
  const list = new ShareList();
  const stamp = stampOf(statSync(path, { bigint: true }));
  list.put({ name: 'large', path, sizeBytes: 64 * mib, modifyTimeMs: 0, stamp, digest: '0'.repeat(64) });
  const pool = new BufferPool();
  const slots = createSlots(64, 'maxDownloads');
  let served = 0;
  const files = new SharedFiles(list, new ShareList());
  const service = createTransferService({
    seenBy: createSeenShare({ files, shareName: 's' }, undefined),
    boards: new PieceBoards({ held: () => undefined, nowMs: () => 0, after: () => () => {} }),
    watchSlots: createSlots(1, 'maxPieceWatchers'),
    watchCallerSlots: createCallerSlots(1, 'maxPieceWatchersPerCaller'),
    offerSlots: createSlots(1, 'maxOpenOffers'),
    offerCallerSlots: createCallerSlots(1, 'maxOpenOffersPerCaller'),
    ...{ offers: undefined, uploadedFiles: undefined },
    peerId: 'p',
    downloadSlots: slots,
    callerSlots: createCallerSlots(64, 'maxDownloadsPerCaller'),
    manifestSlots: createSlots(1, 'maxManifestStreams'),
    openFile: openSharedFile,
    pool,
    pace,
    admission: admitAll,
    nowMs: () => performance.now(),
    uploads: new Uploads(() => performance.now()),
    metrics: noPeerMetrics,
    manifestOf: () => undefined,
    onChanged: () => {},
    onServed: () => {
      served += 1;
    },
  });
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    insecure: false,
    services: [serve(TransferServiceDefinition, service)],
    logger: createLogger({ service: 'test', level: 'silent', format: 'json' }),
  });
  servers.push(server);
  return { port: server.address.port, pool, slots, served: () => served };
}

/** The descriptors of this process that lead to the file. */
function openDescriptors(): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === path;
    } catch {
      return false;
    }
  }).length;
}

/** Cancels a stream after so many bytes. */
function cancelAfter(stream: ClientHttp2Stream, bytes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let received = 0;
  const cancel = (): void => stream.close(constants.NGHTTP2_CANCEL);
  stream.on('data', (data: Buffer) => {
    received += data.length;
    if (received >= bytes) cancel();
  });
  stream.on('close', resolve);
  if (bytes === 0) cancel();
  return promise;
}

describe('downloads that are cancelled', () => {
  test.each([
    ['at once', 0],
    ['with the first bytes', 1],
    ['in the middle of a chunk', 300_000],
    ['after some chunks', 5 * mib],
  ])('%s, 200 in a row, give back descriptors, buffers and slots', async (_, bytes) => {
    const service = await startService();
    const { download } = await connectTo(service.port, mib);
    for (let round = 0; round < 50; round++) {
      await Promise.all([1, 2, 3, 4].map(() => cancelAfter(download({ name: 'large' }), bytes)));
    }
    await until('all to be given back', () => openDescriptors() === 0 && service.slots.taken === 0);
    expect(service.pool.lentBytes).toBe(0);
    // Who cancels at once may do so before the call has arrived.
    if (bytes > 0) await until('all to be told', () => service.served() === 200);
  });

  test('while they wait for their turn under an upload limit give everything back', async () => {
    const service = await startService(limitUploads({ all: () => 1 }, () => performance.now()));
    const { download } = await connectTo(service.port);
    const streams = Array.from({ length: 8 }, () => download({ name: 'large' }).resume());
    await until('all to have a slot', () => service.slots.taken === 8 && openDescriptors() === 8);
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    await until('all to be given back', () => openDescriptors() === 0 && service.slots.taken === 0);
    expect(service.pool.lentBytes).toBe(0);
  });

  test('because their connection was cut give everything back', async () => {
    const service = await startService();
    const { download, session } = await connectTo(service.port);
    const streams = Array.from({ length: 8 }, () => download({ name: 'large' }));
    await until('all to have a slot', () => openDescriptors() === 8);
    session.destroy();
    await until('all to be given back', () => openDescriptors() === 0 && service.slots.taken === 0);
    expect(service.pool.lentBytes).toBe(0);
    expect(streams.every(({ destroyed }) => destroyed)).toBe(true);
  });
});

test('a buffer that a cancelled download was sending is not used for another', async () => {
  const service = await startService();
  const { download } = await connectTo(service.port, 65_535);
  const stream = download({ name: 'large' });
  await until('both buffers to be lent', () => service.pool.lentBytes > 256 * 1024);
  stream.close(constants.NGHTTP2_CANCEL);
  await until('the end', () => service.slots.taken === 0);
  // The transport may still be sending from the first one. The second was only being read to.
  expect(service.pool.lentBytes).toBe(0);
  expect(service.pool.freeBytes).toBeLessThan(256 * 1024);
});
