// What a peer counts, of what was really asked of it.
import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { startIndex } from '@cardume/index';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { afterAll, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { type Scrape, scrape } from '../../../tests/support/scrape.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { downloadBytes, manifestOf, patterned, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
});

const requests = (found: Scrape, method: string, code: string): number | undefined =>
  found.get(`cardume_requests_total{service="cardume.transfer.v1.TransferService",method="${method}",code="${code}"}`);
const slots = (found: Scrape, kind: string): number | undefined =>
  found.get(`cardume_peer_slots_in_use{kind="${kind}"}`);
const renewals = (found: Scrape, outcome: string): number | undefined =>
  found.get(`cardume_peer_renewals_total{outcome="${outcome}"}`);

const large = patterned(5 * 1024 * 1024 + 7);
const small = Buffer.from('a small file');

test('bytes served are those of the files, by either way, and of a part those of the part', async () => {
  writeFiles(join(folder, 'served'), { 'large.bin': large, 'small.txt': small, empty: '' });
  const { peer, client } = await startPeer({ paths: [join(folder, 'served')], metrics: '0' });
  const served = async (): Promise<number | undefined> =>
    (await scrape(peer.metricsAddress)).get('cardume_peer_bytes_served_total');
  const before = await scrape(peer.metricsAddress);
  expect(before.get('cardume_peer_shared_files')).toBe(3);
  expect(before.get('cardume_peer_shared_bytes')).toBe(large.length + small.length);
  expect(before.get('cardume_peer_bytes_served_total')).toBe(0);

  expect((await downloadBytes(client, { name: 'large.bin' })).equals(large)).toBe(true);
  await until('the whole file', async () => (await served()) === large.length);
  expect((await downloadBytes(client, { name: 'large.bin', offset: 100, limit: 1_000 })).length).toBe(1_000);
  await until('the part', async () => (await served()) === large.length + 1_000);
  const digests = [manifestOf(small).digest, manifestOf(large).digest, '0'.repeat(64)];
  const channel = openChannel(peer.address, 'peer');
  stops.push(async () => channel.close());
  for await (const _ of channel.client(TransferServiceDefinition).downloadFiles({ digests }));
  const all = 2 * large.length + 1_000 + small.length;
  await until('both files', async () => (await served()) === all);
  expect((await failureOf(() => downloadBytes(client, { name: 'nothing' }))).code).toBe('NOT_FOUND');

  await until('the calls to end', async () => slots(await scrape(peer.metricsAddress), 'download') === 0);
  const after = await scrape(peer.metricsAddress);
  expect(requests(after, 'Download', 'OK')).toBe(2);
  expect(requests(after, 'Download', 'NOT_FOUND')).toBe(1);
  expect(requests(after, 'DownloadFiles', 'OK')).toBe(1);
  expect(after.get('cardume_peer_bytes_served_total')).toBe(all);
  expect(after.get('cardume_peer_verification_failures_total')).toBe(0);
});

test('a peer serves no metrics unless it is asked to', async () => {
  const { peer } = await startPeer({ paths: [] });
  expect(peer.metricsAddress).toBeUndefined();
});

test('slots that are taken are told while they are', async () => {
  writeFiles(join(folder, 'watched'), { 'small.txt': small });
  const { peer } = await startPeer({ paths: [join(folder, 'watched')], metrics: '0' });
  const found = await scrape(peer.metricsAddress);
  expect(found.get('cardume_peer_slots{kind="download"}')).toBe(2_048);
  expect(found.get('cardume_peer_slots{kind="manifest"}')).toBe(16);
  const channel = openChannel(peer.address, 'peer');
  stops.push(async () => channel.close());
  const caller = new AbortController();
  const { digest } = manifestOf(small);
  const { signal } = caller;
  const watching = channel
    .client(TransferServiceDefinition)
    .watchPieces({ digest }, { signal })
    [Symbol.asyncIterator]();
  await watching.next();
  expect(slots(await scrape(peer.metricsAddress), 'watch')).toBe(1);
  const ended = failureOf(() => watching.next());
  caller.abort();
  await ended;
  await until('the slot to be free', async () => slots(await scrape(peer.metricsAddress), 'watch') === 0);
});

test('a file that is found to be another one when it is asked for is a verification failure', async () => {
  // Its folder is not watched, so that the peer learns of the change only when it serves.
  const share = join(folder, 'changed');
  writeFiles(share, { '.unwatched/file': small });
  symlinkSync(join('.unwatched', 'file'), join(share, 'file'));
  const { peer, client } = await startPeer({ paths: [share], exclude: ['.unwatched'], metrics: '0' });
  truncateSync(join(share, '.unwatched', 'file'), 3);
  expect((await failureOf(() => downloadBytes(client, { name: 'file' }))).reason).toBe('FILE_CHANGED');
  await until('the call to end', async () => {
    const found = await scrape(peer.metricsAddress);
    return requests(found, 'Download', 'FAILED_PRECONDITION') === 1;
  });
  const found = await scrape(peer.metricsAddress);
  expect(found.get('cardume_peer_verification_failures_total')).toBe(1);
  expect(found.get('cardume_peer_bytes_served_total')).toBe(0);
});

test('renewals are counted by what came of them, and so is whether the peer is joined', async () => {
  const options = { logLevel: 'silent', leaseTtlMs: 1_000 } as const;
  const first = await startIndex({ ...options, listen: '127.0.0.1:0' });
  const index = formatAddress(first.address);
  const { peer } = await startPeer({ paths: [], index, metrics: '0' });
  const found = (): Promise<Scrape> => scrape(peer.metricsAddress);
  const isJoined = async (): Promise<boolean> => (await found()).get('cardume_peer_joined') === 1;
  await until('a renewal', async () => (renewals(await found(), 'renewed') ?? 0) >= 1);
  expect(await isJoined()).toBe(true);
  expect(renewals(await found(), 'failed')).toBe(0);

  await first.stop(0);
  await until('a failed renewal', async () => (renewals(await found(), 'failed') ?? 0) >= 1);
  expect(await isJoined()).toBe(false);
  // Another index at the same place, which knows nothing of the lease.
  const second = await startIndex({ ...options, listen: index });
  stops.push(() => second.stop(0));
  await until('the peer to be joined again', isJoined);
});
