import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { maxReportsPerCaller } from '../src/core/limits.ts';
import { collect } from './support/collect.ts';
import { digestOf, joinInput, listed, peerIdOf } from './support/listed.ts';
import { startTestIndex } from './support/test-index.ts';

const folder = temporaryFolder();
const digest = digestOf('x');

describe('a peer that is reported', () => {
  test('is named last among the holders, and everybody is told; others are not', async () => {
    await using running = await startTestIndex();
    const { index } = running;
    const [a, b, part] = await Promise.all([
      index.join(joinInput([listed('x')], { peerId: peerIdOf('a') })),
      index.join(joinInput([listed('x')], { peerId: peerIdOf('b') })),
      index.join(joinInput([listed('x', { partial: true })], { peerId: peerIdOf('part') })),
    ]);
    await index.renew(a);
    expect(await index.report({ peerId: a.peerId, digest, piece: 7 })).toBe(1);
    // The same caller counts once, whatever it says.
    expect(await index.report({ peerId: a.peerId, digest: digestOf('y') })).toBe(1);

    const { hits } = await index.search({ query: 'x' });
    expect(hits[0]?.holders.map(({ peerId, reportCount }) => [peerId, reportCount])).toEqual([
      [b.peerId, 0],
      [part.peerId, 0],
      [a.peerId, 1],
    ]);
    expect(hits[0]?.holderCount).toBe(2);
    const looked = (await collect(index.lookup([digest]))).flat();
    expect(looked[0]?.holders.at(-1)).toMatchObject({ peerId: a.peerId, reportCount: 1 });
    const peers = await collect(index.listPeers());
    expect(new Map(peers.map(({ peerId, reportCount }) => [peerId, reportCount]))).toEqual(
      new Map([
        [a.peerId, 1],
        [b.peerId, 0],
        [part.peerId, 0],
      ]),
    );
  });

  test('does not get rid of that by leaving, nor by a restart of the index', async () => {
    const database = `sqlite:${folder}/index.db`;
    const peerId = peerIdOf('a');
    {
      await using running = await startTestIndex({ database });
      const { index } = running;
      const lease = await index.join(joinInput([listed('x')], { peerId }));
      await index.report({ peerId, digest });
      await index.leave(lease);
      expect((await failureOf(() => index.report({ peerId, digest }))).reason).toBe('LEASE_UNKNOWN');
    }
    await using running = await startTestIndex({ database });
    await running.index.join(joinInput([listed('x')], { peerId }));
    expect(await collect(running.index.listPeers())).toMatchObject([{ peerId, reportCount: 1 }]);
  });

  test('by one caller who reports everybody is still named, in the order that it would be without', async () => {
    await using running = await startTestIndex();
    const { index } = running;
    const ids = Array.from({ length: 60 }, (_, number) => peerIdOf(`peer ${number}`));
    for (const peerId of ids) await index.join(joinInput([listed('x')], { peerId }));
    const before = (await index.search({ query: 'x' })).hits[0]?.holders.map(({ peerId }) => peerId);
    for (const peerId of ids) await index.report({ peerId, digest });
    const after = (await index.search({ query: 'x' })).hits[0]?.holders;
    expect(after?.map(({ peerId }) => peerId)).toEqual(before);
    expect(after).toHaveLength(50);
    expect(after?.every(({ reportCount }) => reportCount === 1)).toBe(true);
  });
});

test('a caller reports so many peers and no more, but can renew its reports', async () => {
  await using running = await startTestIndex();
  const { index, raw } = running;
  const ids = Array.from({ length: maxReportsPerCaller + 1 }, (_, number) => peerIdOf(`${number}`));
  await Promise.all(ids.map((peerId) => index.join(joinInput([], { peerId }))));
  for (const peerId of ids.slice(1)) expect(await raw.reportHolder({ peerId, digest })).toEqual({ reportCount: 1 });
  const failure = await failureOf(() => index.report({ peerId: ids[0] ?? '', digest }));
  expect(failure).toMatchObject({ reason: 'LIMIT_REACHED', metadata: { limit: 'maxReportsPerCaller' } });
  expect(await index.report({ peerId: ids[1] ?? '', digest })).toBe(1);
});

test.each([
  ['peer_id', { peerId: 'x' }],
  ['peer_id', { peerId: '' }],
  ['digest', { digest: digest.toUpperCase() }],
  ['digest', { digest: '' }],
  ['piece', { piece: -1 }],
  ['piece', { piece: 2 ** 20 }],
])('a report with a %s that is none is refused: %j', async (field, change) => {
  await using running = await startTestIndex();
  const peerId = peerIdOf('a');
  await running.index.join(joinInput([], { peerId }));
  const failure = await failureOf(() => running.raw.reportHolder({ peerId, digest, piece: 0, ...change }));
  expect(failure.reason).toBe('INVALID_FIELD');
  expect(failure.fieldViolations.map((violation) => violation.field)).toEqual([field]);
  expect(await running.index.report({ peerId, digest, piece: 2 ** 20 - 1 })).toBe(1);
});
