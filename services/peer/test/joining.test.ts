import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { formatAddress, type Hit, type IndexChange, type IndexClient, openIndex, type PeerInfo } from '@cardume/client';
import { type IndexOptions, type RunningIndex, startIndex } from '@cardume/index';
import type { PeerEvent } from '@cardume/peer';
import { afterAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { collect, downloadBytes, sharedNames, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const opened: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of opened.reverse()) await close();
});

async function startTestIndex(
  options: IndexOptions = {},
): Promise<{ server: RunningIndex; client: IndexClient; at: string }> {
  const server = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', ...options });
  const client = openIndex(server.address);
  opened.push(
    () => server.stop(0),
    () => client.close(),
  );
  return { server, client, at: formatAddress(server.address) };
}

function peersOf(client: IndexClient): Promise<PeerInfo[]> {
  return collect(client.listPeers());
}

function hitsOf(client: IndexClient, query: string): Promise<Hit[]> {
  return collect(client.searchAll({ query, mode: 'exact' }));
}

/** A shared folder with these files, and the options of a peer that shares it. */
function shareOf(name: string, files: Record<string, string>) {
  writeFiles(join(folder, name), files);
  return { paths: [join(folder, name)], stateFolder: join(folder, `${name}-state`) };
}

function ofType<Type extends PeerEvent['type']>(events: PeerEvent[], type: Type): Extract<PeerEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<PeerEvent, { type: Type }> => event.type === type);
}

describe('a peer that starts', () => {
  test('joins with its list, is found by name, and can be downloaded from at the address that others are given', async () => {
    const { client, at } = await startTestIndex();
    const { peer, events } = await startPeer({ ...shareOf('first', { 'a.txt': 'a', 'sub/b.txt': 'b' }), index: at });
    expect(ofType(events, 'joined')).toEqual([
      { type: 'joined', peerId: peer.peerId, address: peer.address, reachable: true, fileCount: 2 },
    ]);
    expect(await peersOf(client)).toMatchObject([
      { peerId: peer.peerId, shareName: 'first', fileCount: 2, reachable: true },
    ]);
    const [hit] = await hitsOf(client, 'sub/b.txt');
    expect(hit?.holders).toMatchObject([{ peerId: peer.peerId, ...peer.address }]);
  });

  test('advertises what it is told to', async () => {
    const { client, at } = await startTestIndex();
    const { peer } = await startPeer({
      ...shareOf('advertised', { file: 'x' }),
      index: at,
      advertise: 'localhost',
      shareName: 'A name',
    });
    const [hit] = await hitsOf(client, 'file');
    expect(hit?.holders).toMatchObject([{ host: 'localhost', port: peer.address.port }]);
    expect((await peersOf(client))[0]?.shareName).toBe('A name');
  });

  test('on all interfaces is given out under the address that the index sees', async () => {
    const { client, at } = await startTestIndex();
    const { peer } = await startPeer({
      ...shareOf('everywhere', { file: 'x' }),
      index: at,
      listen: '0.0.0.0:0',
      insecure: true,
    });
    const [hit] = await hitsOf(client, 'file');
    expect(hit?.holders).toMatchObject([{ host: '127.0.0.1', port: peer.address.port, reachable: true }]);
  });

  test('lists every file when there are more than one message holds', async () => {
    const { client, at } = await startTestIndex();
    const files = Object.fromEntries(Array.from({ length: 5_300 }, (_, number) => [`${number % 50}/${number}`, 'x']));
    const { peer } = await startPeer({ ...shareOf('long-list', files), index: at });
    expect(peer.fileCount).toBe(5_300);
    expect(await peersOf(client)).toMatchObject([{ fileCount: 5_300 }]);
    expect(await hitsOf(client, '49/5299')).toHaveLength(1);
  });
});

test('a peer with a long list joins again with it by one small message, also after it has left', async () => {
  const { client, at } = await startTestIndex({ leaseTtlMs: 3_000 });
  const changes: IndexChange[] = [];
  const watching = (async () => {
    for await (const { change } of client.watch()) if (change !== undefined) changes.push(change);
  })().catch(() => undefined);
  const listed = (): string[] =>
    changes.splice(0).flatMap((change) => {
      if (change.kind === 'peer-left') return [];
      return change.kind === 'peer-joined'
        ? `joined ${change.listKept}`
        : `${change.added.length} ${change.removed.length}`;
    });
  const files = Object.fromEntries(Array.from({ length: 2_200 }, (_, number) => [`${number % 50}/${number}`, 'x']));
  const options = { ...shareOf('kept-list', files), index: at };
  const first = await startPeer(options);
  expect(await peersOf(client)).toMatchObject([{ fileCount: 2_200 }]);
  expect(listed()[0]).toBe('joined false');
  // The fingerprint is told when the list has been at rest, with a renewal.
  await until('the list to be kept', async () => {
    await first.peer.stop();
    const { peer } = await startPeer(options);
    first.peer = peer;
    const [joined] = listed();
    if (joined !== 'joined true') await new Promise((resolve) => setTimeout(resolve, 3_500));
    return joined === 'joined true';
  });
  expect(await peersOf(client)).toMatchObject([{ fileCount: 2_200 }]);
  expect(await hitsOf(client, '49/2199')).toHaveLength(1);
  await first.peer.stop();

  writeFileSync(join(folder, 'kept-list/0/0'), 'changed');
  await startPeer(options);
  expect(listed()[0]).toBe('joined false');
  expect(await peersOf(client)).toMatchObject([{ fileCount: 2_200 }]);
  client.close();
  await watching;
});

test('changes of the folder reach the index', async () => {
  const { client, at } = await startTestIndex();
  const options = shareOf('changing', { stays: 'x', goes: 'y' });
  const { peer } = await startPeer({ ...options, index: at });
  writeFileSync(join(folder, 'changing/comes'), 'z');
  rmSync(join(folder, 'changing/goes'));
  await until('the added file', async () => (await hitsOf(client, 'comes')).length === 1);
  await until('the removed file to be gone', async () => (await hitsOf(client, 'goes')).length === 0);
  expect(await hitsOf(client, 'stays')).toHaveLength(1);
  expect(peer.fileCount).toBe(2);
});

test('renewals keep the lease for longer than it lasts', async () => {
  // Long enough that a process which is stopped for a second or two misses no renewal.
  const { client, at } = await startTestIndex({ leaseTtlMs: 3_000 });
  const { peer, events } = await startPeer({ ...shareOf('renewing', { file: 'x' }), index: at });
  const joinTime = (await peersOf(client))[0]?.joinTime;
  expect(joinTime).toBeInstanceOf(Date);
  const leaseEndMs = performance.now() + 6_500;
  await until('the first lease to be over', () => performance.now() > leaseEndMs);
  expect(await peersOf(client)).toMatchObject([{ peerId: peer.peerId, joinTime }]);
  expect(ofType(events, 'joined')).toHaveLength(1);
});

describe('a peer whose index is away', () => {
  test('starts, serves, and joins when the index comes', async () => {
    const { server, at } = await startTestIndex();
    await server.stop(0);
    const { peer, client, events } = await startPeer({ ...shareOf('early', { file: 'early' }), index: at });
    expect(ofType(events, 'index-lost').length).toBeGreaterThan(0);
    expect((await downloadBytes(client, { name: 'file' })).toString()).toBe('early');
    const { client: index } = await startTestIndex({ listen: at });
    await until('the join', () => ofType(events, 'joined').length > 0);
    expect(await peersOf(index)).toMatchObject([{ peerId: peer.peerId, fileCount: 1 }]);
  });

  test('joins again by itself when the index is back and knows nothing any more, with what changed meanwhile', async () => {
    const { server, at } = await startTestIndex({ leaseTtlMs: 3_000 });
    const { peer, client, events } = await startPeer({ ...shareOf('again', { file: 'again' }), index: at });
    await server.stop(0);
    await until('the peer to notice', () => ofType(events, 'index-lost').length > 0);
    expect((await downloadBytes(client, { name: 'file' })).toString()).toBe('again');
    writeFileSync(join(folder, 'again/meanwhile'), 'new');
    await until('the new file', async () => (await sharedNames(client)).includes('meanwhile'));
    const { client: index } = await startTestIndex({ listen: at });
    await until('the second join', () => ofType(events, 'joined').length >= 2);
    expect(await peersOf(index)).toMatchObject([{ peerId: peer.peerId, fileCount: 2 }]);
    expect(await hitsOf(index, 'meanwhile')).toHaveLength(1);
  });

  test('keeps its place in an index that remembers it', async () => {
    const database = `sqlite:${join(folder, 'kept.db')}`;
    const { server, at } = await startTestIndex({ leaseTtlMs: 3_000, database });
    const { peer, events } = await startPeer({ ...shareOf('kept', { file: 'x' }), index: at });
    await server.stop(0);
    const { client: index } = await startTestIndex({ listen: at, leaseTtlMs: 3_000, database });
    await until('a renewal or a join', async () => {
      const [info] = await peersOf(index);
      return info?.peerId === peer.peerId && info.renewalAgeMs < 500;
    });
    expect(ofType(events, 'joined').length).toBeLessThanOrEqual(2);
  });

  test('is not kept from starting or stopping by an index that takes connections and says nothing', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { peer, client, events } = await startPeer({
      ...shareOf('silent', { file: 'x' }),
      index: `127.0.0.1:${port}`,
    });
    expect(ofType(events, 'index-lost').length).toBeGreaterThan(0);
    expect(await sharedNames(client)).toEqual(['file']);
    await peer.stop();
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

test('a peer whose id another process has waits until that lease is over, and serves meanwhile', async () => {
  const { at } = await startTestIndex();
  const options = shareOf('twin', { file: 'twin' });
  const first = await startPeer(options);
  await first.peer.stop();
  cpSync(options.stateFolder, `${options.stateFolder}-copy`, { recursive: true });
  const original = await startPeer({ ...options, index: at });
  const copy = await startPeer({ ...options, stateFolder: `${options.stateFolder}-copy`, index: at });
  expect(copy.peer.peerId).toBe(original.peer.peerId);
  const [lost] = ofType(copy.events, 'index-lost');
  expect(lost?.retryMs).toBeGreaterThan(1_000);
  expect((await downloadBytes(copy.client, { name: 'file' })).toString()).toBe('twin');
});

describe('a peer that stops', () => {
  test('leaves the index at once', async () => {
    const { client, at } = await startTestIndex();
    const { peer } = await startPeer({ ...shareOf('leaving', { file: 'x' }), index: at });
    expect(await peersOf(client)).toHaveLength(1);
    await peer.stop();
    expect(await peersOf(client)).toEqual([]);
    expect(await hitsOf(client, 'file')).toEqual([]);
  });

  test('can start again under its id at once, and be stopped twice', async () => {
    const { client, at } = await startTestIndex();
    const options = { ...shareOf('restarting', { file: 'x' }), index: at };
    const { peer: first } = await startPeer(options);
    await Promise.all([first.stop(), first.stop()]);
    const { peer: second } = await startPeer(options);
    expect(second.peerId).toBe(first.peerId);
    expect(await peersOf(client)).toMatchObject([{ peerId: first.peerId, reachable: true }]);
  });
});

test.each([
  ['an index that is no address', { index: 'not an address' }],
  ['an address to listen on that is none', { listen: '::::' }],
  ['an address beyond this machine without saying that it may be plaintext', { listen: '0.0.0.0:0' }],
  ['an advertised address that is none', { advertise: 'http://host:1' }],
  ['a share name with control characters', { shareName: 'a\u001b[31m' }],
  ['a pattern that is empty', { exclude: [''] }],
  ['a share name with a line separator', { shareName: 'a\u2028b' }],
  ['no threads', { hashThreads: 0 }],
  ['no bytes to send', { maxUploadBytesPerSecond: 0 }],
  ['no downloads for a caller', { maxDownloadsPerCaller: 0 }],
])('a start is refused with %s', async (_, options) => {
  writeFiles(folder, { 'refused/file': 'x' });
  await expect(
    startPeer({ paths: [join(folder, 'refused')], stateFolder: join(folder, 'refused-state'), ...options }),
  ).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
});

test('a start is refused when something else listens on the port', async () => {
  const { at } = await startTestIndex();
  writeFiles(folder, { 'taken/file': 'x' });
  const options = { paths: [join(folder, 'taken')], stateFolder: join(folder, 'taken-state') };
  await expect(startPeer({ ...options, listen: at })).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
  // Nothing of the failed start holds on to the state folder.
  expect((await startPeer(options)).peer.fileCount).toBe(1);
});
