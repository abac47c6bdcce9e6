import { join } from 'node:path';
import { openIndex, parseAddress } from '@cardume/client';
import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { collect } from './support/collect.ts';
import { joinInput, listed, peerIdOf } from './support/listed.ts';
import { startStubPeer } from './support/stub-peer.ts';
import { startTestIndex } from './support/test-index.ts';

const folder = temporaryFolder();
/** Long enough for a busy machine to stand still for a while between two renewals, short enough to wait for its end. */
const leaseTtlMs = 3_000;
const script = join(import.meta.dirname, 'support/index-process.ts');

/** An index in a process of its own, with a client. */
async function startChild(options: object): Promise<{ child: StartedProcess; index: ReturnType<typeof openIndex> }> {
  const child = startProcess(process.execPath, [
    script,
    JSON.stringify({ listen: '127.0.0.1:0', logFormat: 'json', ...options }),
  ]);
  const { address } = await child.waitForObject('listening');
  return { child, index: openIndex(parseAddress(String(address), 'address')) };
}

test('a peer that does not renew drops out of every answer; one that renews stays', async () => {
  await using cardume = await startTestIndex({ leaseTtlMs });
  const { index } = cardume;
  const silent = await index.join(joinInput([listed('silent'), listed('both')]));
  const faithful = await index.join(joinInput([listed('faithful'), listed('both')]));
  await until('the silent peer to drop out', async () => {
    await index.renew(faithful);
    return (await index.stats()).peerCount === 1;
  });
  expect((await collect(index.listPeers())).map(({ peerId }) => peerId)).toEqual([faithful.peerId]);
  const { hits } = await index.search({ query: '' });
  expect(hits.map(({ name }) => name).sort()).toEqual(['both', 'faithful']);
  expect(hits.map(({ holders }) => holders.map(({ peerId }) => peerId))).toEqual([
    [faithful.peerId],
    [faithful.peerId],
  ]);
  expect((await failureOf(() => index.renew(silent))).reason).toBe('LEASE_UNKNOWN');
  await until('its files to be cleared', async () => (await index.stats()).fileCount === 2);
});

test('after the end of a lease anyone may take its id', async () => {
  await using cardume = await startTestIndex({ leaseTtlMs });
  const { index } = cardume;
  const first = await index.join(joinInput([listed('old')], { peerId: peerIdOf('a') }));
  await until('the lease to end', async () => (await index.stats()).peerCount === 0);
  const second = await index.join(joinInput([listed('new')], { peerId: peerIdOf('a') }));
  expect(second.leaseSecret).not.toBe(first.leaseSecret);
  expect((await failureOf(() => index.renew(first))).reason).toBe('LEASE_SECRET_WRONG');
});

test('leaving takes effect at once', async () => {
  await using cardume = await startTestIndex();
  const { index } = cardume;
  const lease = await index.join(joinInput([listed('a'), listed('b')]));
  await index.leave(lease);
  expect((await index.search({ query: '' })).hits).toEqual([]);
  expect(await index.stats()).toMatchObject({ peerCount: 0, holdingCount: 0, fileCount: 0, totalSizeBytes: 0 });
  for (const attempt of [
    () => index.leave(lease),
    () => index.renew(lease),
    () => index.publish(lease, [{ added: [listed('c')] }]),
  ]) {
    const error = await failureOf(attempt);
    expect([error.code, error.reason]).toEqual(['NOT_FOUND', 'LEASE_UNKNOWN']);
  }
  expect((await failureOf(() => index.renew({ peerId: 'x', leaseSecret: '' }))).reason).toBe('INVALID_FIELD');
});

test('a renewal says where the peer is seen, whatever others are told', async () => {
  await using cardume = await startTestIndex({ leaseTtlMs });
  const lease = await cardume.index.join(joinInput([], { host: '127.0.0.9' }));
  expect(lease.host).toBe('127.0.0.9');
  expect((await cardume.index.renew(lease)).seenHost).toBe('127.0.0.1');
});

test('a peer that could not be reached is tried again when it renews', async () => {
  await using cardume = await startTestIndex({ leaseTtlMs });
  const { index } = cardume;
  const peerId = peerIdOf('late');
  // The port is free until the peer, which joins too early, listens.
  const reserved = await startStubPeer(peerId);
  const { address } = reserved;
  await reserved[Symbol.asyncDispose]();
  const lease = await index.join(joinInput([], { peerId, ...address }));
  expect(lease.reachable).toBe(false);
  await using peer = await startStubPeer(peerId, address);
  await until('the index to reach the peer', async () => {
    await index.renew(lease);
    const [info] = await collect(index.listPeers());
    return info?.reachable;
  });
  expect(peer.askedCount).toBe(1);
});

test('the log says who joined, was replaced, left and expired, without anyone asking', async () => {
  const { child, index } = await startChild({ leaseTtlMs });
  try {
    const a = await index.join(joinInput([listed('x')], { peerId: peerIdOf('a') }));
    await index.join({ ...joinInput([]), ...a });
    const b = await index.join(joinInput([listed('y'), listed('z')], { peerId: peerIdOf('b') }));
    await index.leave(b);
    index.close();
    const [line] = await child.waitForLine(/\{.*"peer expired".*\}/);
    expect(JSON.parse(line)).toMatchObject({ level: 30, service: 'index', peerId: a.peerId, port: 1, files: 0 });
    const logged = child.stderr
      .split('\n')
      .filter((text) => text.includes('"peer '))
      .map((text) => JSON.parse(text))
      .map(({ msg, peerId, files }) => [msg, peerId === a.peerId ? 'a' : 'b', files]);
    expect(logged).toEqual([
      ['peer joined', 'a', 1],
      ['peer replaced', 'a', 0],
      ['peer joined', 'b', 2],
      ['peer left', 'b', 2],
      ['peer expired', 'a', 0],
    ]);
  } finally {
    await child.stop();
  }
});

test.each(['SIGKILL', 'SIGTERM'] as const)('an index that was ended by %s answers as before', async (signal) => {
  const database = `sqlite:${join(folder, signal, 'index.db')}`;
  const before = await startChild({ database, leaseTtlMs: 20_000 });
  const files = Array.from({ length: 2_000 }, (_, count) => listed(`file ${count}`));
  const lease = await before.index.join(joinInput(files));
  await before.index.publish(lease, [{ added: [listed('published')], removedNames: ['file 7'] }]);
  const left = await before.index.join(joinInput([listed('gone')]));
  await before.index.leave(left);
  const page = await before.index.search({ query: 'file', pageSize: 20 });
  const stats = await before.index.stats();
  before.child.kill(signal);
  expect(await before.child.waitForEnd()).toEqual(
    signal === 'SIGKILL' ? { code: null, signal } : { code: 0, signal: null },
  );
  before.index.close();

  const after = await startChild({ database, leaseTtlMs: 20_000 });
  try {
    const { index } = after;
    const same = await index.search({ query: 'file', pageSize: 20 });
    const withoutAges = (hits: typeof page.hits) =>
      hits.map((hit) => ({ ...hit, holders: hit.holders.map(({ renewalAgeMs: _, ...holder }) => holder) }));
    expect(withoutAges(same.hits)).toEqual(withoutAges(page.hits));
    expect(same.nextPageToken).toBe(page.nextPageToken);
    const { startTime: _, ...totals } = stats;
    expect(await index.stats()).toMatchObject(totals);
    expect((await index.search({ query: 'published' })).hits).toHaveLength(1);
    expect((await index.renew(lease)).fileCount).toBe(2_000);
    expect((await failureOf(() => index.renew(left))).reason).toBe('LEASE_UNKNOWN');
  } finally {
    after.index.close();
    await after.child.stop();
  }
});
