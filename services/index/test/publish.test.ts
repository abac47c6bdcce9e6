import { expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { joinInput, listed, peerIdOf } from './support/listed.ts';
import { startTestIndex } from './support/test-index.ts';

const numbered = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => listed(`file ${first + index}`));

test('a long list goes in pieces, and a renewal says how long it is', async () => {
  await using cardume = await startTestIndex();
  const { index } = cardume;
  const lease = await index.join(joinInput(numbered(0, 10_000)));
  const result = await index.publish(lease, [
    { added: numbered(10_000, 10_000) },
    { added: numbered(20_000, 5_000), removedNames: ['file 3', 'file 4', 'no such file'] },
  ]);
  expect(result).toEqual({ takenFileCount: 15_000, removedFileCount: 2, fileCount: 24_998 });
  expect((await index.renew(lease)).fileCount).toBe(24_998);
  expect((await index.search({ query: 'file 3', mode: 'exact' })).hits).toEqual([]);
  expect((await index.search({ query: 'file 24999', mode: 'exact' })).hits).toHaveLength(1);
});

test('a name that is listed already is replaced, also in the same message', async () => {
  await using cardume = await startTestIndex();
  const { index } = cardume;
  const lease = await index.join(joinInput([listed('a', { content: '1' })]));
  const result = await index.publish(lease, [
    { added: [listed('a', { content: '2' }), listed('a', { content: '3', partial: true })] },
  ]);
  expect(result).toEqual({ takenFileCount: 2, removedFileCount: 0, fileCount: 1 });
  expect((await index.search({ query: '' })).hits).toMatchObject([
    { digest: listed('', { content: '3' }).digest, holderCount: 0, holders: [{ partial: true }] },
  ]);
});

test('a bad message changes nothing; those before it stay applied', async () => {
  await using cardume = await startTestIndex();
  const { index } = cardume;
  const lease = await index.join(joinInput([]));
  const error = await failureOf(() =>
    index.publish(lease, [{ added: [listed('first')] }, { added: [listed('second'), listed('/etc/passwd')] }]),
  );
  expect([error.reason, error.metadata]).toEqual(['UNSAFE_NAME', { field: 'added[1].name' }]);
  expect((await index.search({ query: '' })).hits.map(({ name }) => name)).toEqual(['first']);
});

test('only the first message has to say whose list it is; a later one must not say another', async () => {
  await using cardume = await startTestIndex();
  const { index, raw } = cardume;
  const { peerId, leaseSecret } = await index.join(joinInput([]));
  async function* messages(...list: object[]) {
    yield* list;
  }
  const first = { peerId, leaseSecret, added: [listed('a')] };
  expect(await raw.publish(messages(first, { added: [listed('b')] }))).toMatchObject({ fileCount: 2 });
  for (const [field, list] of [
    ['peer_id', []],
    ['peer_id', [{ added: [listed('c')] }]],
    ['peer_id', [first, { peerId: peerIdOf('other') }]],
    ['lease_secret', [first, { leaseSecret: 'other' }]],
    ['added', [{ ...first, added: Array(10_001).fill({}) }]],
    ['removed_names', [{ ...first, removedNames: Array(10_001).fill('') }]],
  ] as const) {
    const error = await failureOf(() => raw.publish(messages(...list)));
    expect([error.code, error.metadata]).toEqual(['INVALID_ARGUMENT', { field }]);
  }
});

test('a lease that ends between two messages ends the stream', async () => {
  await using cardume = await startTestIndex();
  const { index } = cardume;
  const lease = await index.join(joinInput([]));
  const error = await failureOf(() =>
    index.publish(
      lease,
      (async function* () {
        yield { added: [listed('a')] };
        await index.leave(lease);
        yield { added: [listed('b')] };
      })(),
    ),
  );
  expect([error.code, error.reason]).toEqual(['NOT_FOUND', 'LEASE_UNKNOWN']);
  expect((await index.stats()).holdingCount).toBe(0);
});
