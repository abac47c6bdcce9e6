import type { JoinRequest } from '@cardume/proto/index/v1';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { until } from '../../../tests/support/until.ts';
import { collect } from './support/collect.ts';
import { joinInput, listed, peerIdOf } from './support/listed.ts';
import { startStubPeer } from './support/stub-peer.ts';
import { startTestIndex } from './support/test-index.ts';

test('a peer that joins is in the answers, with where to dial it', async () => {
  await using cardume = await startTestIndex({ leaseTtlMs: 9_000 });
  const { index } = cardume;
  const lease = await index.join(
    joinInput([listed('docs/a.txt'), listed('b')], { host: 'peer-1.local', port: 50_052 }),
  );
  expect(lease).toMatchObject({ ttlMs: 9_000, renewIntervalMs: 3_000, takenFileCount: 2, host: 'peer-1.local' });
  expect(lease.peerId).toMatch(/^[0-9a-f]{64}$/);
  expect(lease.leaseSecret).toMatch(/^[\w-]{43}$/);

  const { hits } = await index.search({ query: 'a.txt' });
  expect(hits).toEqual([
    {
      ...listed('docs/a.txt'),
      holderCount: 1,
      holders: [
        {
          peerId: lease.peerId,
          host: 'peer-1.local',
          port: 50_052,
          partial: false,
          reachable: false,
          reportCount: 0,
          restricted: false,
          renewalAgeMs: expect.any(Number),
        },
      ],
    },
  ]);
  expect(await index.stats()).toMatchObject({ peerCount: 1, fileCount: 2, holdingCount: 2, totalSizeBytes: 200 });
  expect(await collect(index.listPeers())).toMatchObject([
    { peerId: lease.peerId, shareName: 'share', fileCount: 2, totalSizeBytes: 200, joinTime: expect.any(Date) },
  ]);
});

test('peers are found by their ids, those that are live', async () => {
  await using cardume = await startTestIndex();
  const { index } = cardume;
  const ids = ['a', 'b', 'c'].map(peerIdOf);
  for (const peerId of ids) await index.join(joinInput([], { peerId }));
  const [first = '', second = '', third = ''] = ids;
  const found = await index.findPeers([third, first, third, peerIdOf('nobody')]);
  expect(found.map(({ peerId }) => peerId).sort()).toEqual([first, third].sort());
  expect(await index.findPeers([])).toEqual([]);
  expect(await failureOf(() => index.findPeers(['x']))).toMatchObject({ reason: 'INVALID_FIELD' });
  const many = Array.from({ length: 101 }, () => second);
  expect((await failureOf(() => index.findPeers(many))).message).toContain('at most 100');
});

test('a peer without a host gets the address that the index sees', async () => {
  await using cardume = await startTestIndex();
  const { host, ...input } = joinInput([]);
  expect(host).toBeDefined();
  expect((await cardume.index.join(input)).host).toBe('127.0.0.1');
});

test('joining again with the secret replaces the list, and keeps the secret', async () => {
  await using cardume = await startTestIndex();
  const { index } = cardume;
  const first = await index.join(joinInput([listed('old')], { peerId: peerIdOf('a') }));
  const again = { peerId: first.peerId, leaseSecret: first.leaseSecret };
  const second = await index.join(joinInput([listed('new')], { ...again, port: 2 }));
  expect(second).toMatchObject(again);
  expect((await index.search({ query: '' })).hits.map(({ name }) => name)).toEqual(['new']);
  expect(await index.stats()).toMatchObject({ peerCount: 1, holdingCount: 1 });
  await index.renew(first);
});

test('a live lease is not replaced, renewed, changed or ended without its secret', async () => {
  await using cardume = await startTestIndex({ leaseTtlMs: 20_000 });
  const { index } = cardume;
  const { peerId } = await index.join(joinInput([listed('x')]));
  const wrong = { peerId, leaseSecret: 'wrong' };
  for (const attempt of [
    () => index.join(joinInput([], { peerId })),
    () => index.join(joinInput([], wrong)),
    () => index.renew(wrong),
    () => index.publish(wrong, [{ removedNames: ['x'] }]),
    () => index.leave(wrong),
  ]) {
    const error = await failureOf(attempt);
    expect([error.code, error.reason]).toEqual(['PERMISSION_DENIED', 'LEASE_SECRET_WRONG']);
    expect(error.retryDelayMs).toBeGreaterThan(0);
    expect(error.retryDelayMs).toBeLessThanOrEqual(20_000);
  }
  expect((await index.search({ query: 'x' })).hits).toHaveLength(1);
});

test('a bad field is named, and then nothing of the request is taken', async () => {
  await using cardume = await startTestIndex();
  const { index, raw } = cardume;
  const lease = await index.join(joinInput([listed('kept')]));
  const files = [listed('a'), listed('b'), listed('c'), listed('../../etc/passwd')];
  const unsafe = await failureOf(() => index.join({ ...joinInput(files), ...lease }));
  expect([unsafe.code, unsafe.reason, unsafe.metadata]).toEqual([
    'INVALID_ARGUMENT',
    'UNSAFE_NAME',
    { field: 'files[3].name' },
  ]);
  const plain = (name: string) => ({ ...listed(name), partial: false, folder: undefined });
  const badFields: [string, Partial<JoinRequest>][] = [
    ['peer_id', { peerId: 'A'.repeat(64) }],
    ['lease_secret', { leaseSecret: 'x'.repeat(129) }],
    ['host', { host: 'a:1' }],
    ['port', { port: 0 }],
    ['port', { port: 70_000 }],
    ['share_name', { shareName: 'a\nb' }],
    // Nobody is known without certificates.
    ['allowed_users', { allowedUsers: ['ana'] }],
    ['tags[1]', { tags: ['good', 'a,b'] }],
    ['tags[0]', { tags: ['all'] }],
    ['tags', { tags: Array.from({ length: 17 }, (_, at) => `t${at}`) }],
    ['files[0].size_bytes', { files: [{ ...plain('a'), sizeBytes: -1 }] }],
    ['files[0].digest', { files: [{ ...plain('a'), digest: 'abc' }] }],
    ['files[0].folder.file_count', { files: [{ ...plain('a'), folder: { fileCount: 200_001, totalSizeBytes: 0 } }] }],
    ['files[0].folder.total_size_bytes', { files: [{ ...plain('a'), folder: { fileCount: 0, totalSizeBytes: -1 } }] }],
    ['files[0].modify_time', { files: [{ ...plain('a'), modifyTime: new Date(8.64e15) }] }],
  ];
  for (const [field, change] of badFields) {
    const { tags: _, ...usual } = joinInput([]);
    const request = { ...usual, allowedUsers: [], files: [plain('new')], ...change };
    const error = await failureOf(() => raw.join(request));
    expect([error.code, error.metadata]).toEqual(['INVALID_ARGUMENT', { field }]);
  }
  expect((await index.search({ query: '' })).hits.map(({ name }) => name)).toEqual(['kept']);
});

test('an unusual list is taken as it is: odd names, an empty file, the largest one, and doubles', async () => {
  await using cardume = await startTestIndex();
  const { index } = cardume;
  const part = 'x'.repeat(255);
  const names = ['a b', '日本語', '😀', 'é', `${part}/${part}/${part}/${part}`, 'it\'s "quoted"', '-dash', '%_[*]?'];
  const files = [
    ...names.map((name) => listed(name)),
    listed('empty', { sizeBytes: 0 }),
    listed('largest', { sizeBytes: 2 ** 44 }),
    listed('before 1970', { modifyTime: new Date(-1_500) }),
    listed('unknown time', { modifyTime: undefined }),
    listed('double', { content: '1' }),
    listed('double', { content: '2' }),
  ];
  expect((await index.join(joinInput(files))).takenFileCount).toBe(files.length);
  for (const name of names.filter((text) => text.length <= 512)) {
    const { hits } = await index.search({ query: name, mode: 'exact' });
    expect(hits.map((hit) => hit.name)).toEqual([name]);
  }
  expect((await index.search({ query: part })).hits.map(({ name }) => name)).toEqual([
    `${part}/${part}/${part}/${part}`,
  ]);
  const { hits } = await index.search({ query: 'double', mode: 'exact' });
  expect(hits).toMatchObject([{ digest: listed('', { content: '2' }).digest }]);
  const old = (await index.search({ query: 'before' })).hits[0];
  expect(old?.modifyTime).toEqual(new Date(-2_000));
  expect((await index.search({ query: 'unknown' })).hits[0]?.modifyTime).toBeUndefined();
});

test('a message of 5 MiB is refused, and the index goes on', async () => {
  await using cardume = await startTestIndex();
  const { index } = cardume;
  const files = Array.from({ length: 6_000 }, (_, count) =>
    listed(`${count}/${'x'.repeat(250)}/${'y'.repeat(250)}/${'z'.repeat(250)}`),
  );
  const error = await failureOf(() => index.join(joinInput(files)));
  expect(error.code).toBe('RESOURCE_EXHAUSTED');
  expect((await index.stats()).peerCount).toBe(0);
});

describe('dialling back', () => {
  test('tells a peer that answers as itself from one that does not', async () => {
    await using cardume = await startTestIndex();
    await using peer = await startStubPeer(peerIdOf('honest'));
    const { index } = cardume;
    const honest = await index.join(joinInput([listed('x')], { peerId: peerIdOf('honest'), ...peer.address }));
    const liar = await index.join(joinInput([listed('x')], { peerId: peerIdOf('liar'), ...peer.address }));
    const nobody = await index.join(joinInput([listed('x')], { peerId: peerIdOf('nobody') }));
    const itself = await index.join(joinInput([], { peerId: peerIdOf('loop'), ...cardume.server.address }));
    expect([honest, liar, nobody, itself].map(({ reachable }) => reachable)).toEqual([true, false, false, false]);
    const holders = (await index.search({ query: 'x' })).hits[0]?.holders ?? [];
    expect(holders.map(({ peerId, reachable }) => [peerId === honest.peerId, reachable])).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ]);
  });

  test('a peer that never answers costs a Join two seconds, not the answer', async () => {
    await using cardume = await startTestIndex();
    const untilAborted = (signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await using peer = await startStubPeer(peerIdOf('a'), { host: '127.0.0.1', port: 0 }, untilAborted);
    const lease = await cardume.index.join(joinInput([], { peerId: peerIdOf('a'), ...peer.address }));
    expect(lease.reachable).toBe(false);
    expect(peer.askedCount).toBe(1);
  });

  test('at most 32 peers are dialled at once; the others are listed as not reached', async () => {
    await using cardume = await startTestIndex();
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    await using peer = await startStubPeer(peerIdOf('a'), { host: '127.0.0.1', port: 0 }, () => opened);
    const joins = Array.from({ length: 40 }, (_, count) =>
      cardume.index.join(joinInput([], { peerId: peerIdOf(`${count}`), ...peer.address })),
    );
    let answeredCount = 0;
    for (const join of joins) void join.then(() => (answeredCount += 1));
    await until('an answer to those that are not dialled', () => answeredCount >= 8);
    open();
    await Promise.all(joins);
    expect(peer.askedCount).toBeGreaterThan(0);
    expect(peer.askedCount).toBeLessThanOrEqual(32);
  });
});
