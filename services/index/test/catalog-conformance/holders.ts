import { expect, test } from '@jest/globals';
import { digestOf, peerIdOf } from '../support/listed.ts';
import { entry, never, now, planOf, type TestedCatalog, ttl } from '../support/tested-catalog.ts';

/** Who is named as having a file, and in which order. */
export function testHolders(tested: TestedCatalog): void {
  const { join, find } = tested;

  test('holders come whole before partial, reachable before others, then the most recently renewed', async () => {
    await tested.reopen({ maxPeers: 10, maxFilesPerPeer: 5, maxHoldings: 50 });
    const at = (joinMs: number) => ({ joinMs, expireMs: joinMs + ttl });
    await join('old', [entry('x', { modifyMs: 5 })], at(now - 9));
    await join('new', [entry('x', { modifyMs: undefined })], at(now - 2));
    const reachable = await join('reachable', [entry('x', { modifyMs: 8 })], at(now - 5));
    const partial = await join('partial', [entry('x', { partial: true, modifyMs: 9 })], at(now));
    await tested.catalog.setReachable(reachable, true, now);
    await tested.catalog.setReachable(partial, true, now);
    await join('gone', [entry('x', { modifyMs: 99 })], { expireMs: now });

    const { candidates } = await tested.catalog.findCandidates(planOf({ query: 'x' }), now, 10, never);
    const fileKey = candidates[0]?.fileKey ?? -1;
    const found = (await tested.catalog.findHolders([fileKey, 12_345], now, 10, never)).get(fileKey);
    expect(found?.holders.map(({ peerId }) => peerId)).toEqual(['reachable', 'new', 'old', 'partial'].map(peerIdOf));
    expect(found).toMatchObject({ wholeHolderCount: 3, modifyMs: 9 });
    const bounded = (await tested.catalog.findHolders([fileKey], now, 2, never)).get(fileKey);
    expect(bounded?.holders).toHaveLength(2);
    expect(bounded?.wholeHolderCount).toBe(3);
  });

  test('a file that is held only in part is found, and is held as a whole once its list says so', async () => {
    const peerKey = await join('a', [entry('x', { partial: true }), entry('y', { partial: true })]);
    expect(await find({ query: 'x', mode: 'exact' })).toEqual(['x']);
    expect(await find({ query: digestOf('x'), mode: 'digest' })).toEqual(['x']);
    const holdersOf = async (query: string) => {
      const { candidates } = await tested.catalog.findCandidates(planOf({ query }), now, 10, never);
      const [{ fileKey, wholeHolderCount } = { fileKey: -1, wholeHolderCount: -1 }] = candidates;
      const found = (await tested.catalog.findHolders([fileKey], now, 10, never)).get(fileKey);
      return [wholeHolderCount, found?.wholeHolderCount, found?.holders.map(({ partial }) => partial)];
    };
    expect(await holdersOf('x')).toEqual([0, 0, [true]]);
    await tested.catalog.change(peerKey, [], [entry('x')], now);
    expect(await holdersOf('x')).toEqual([1, 1, [false]]);
    expect(await holdersOf('y')).toEqual([0, 0, [true]]);
    await tested.catalog.change(peerKey, ['x'], [], now);
    expect(await find({})).toEqual(['y']);
  });

  test('a file that thousands hold has its best holders, and so have those that are asked for with it', async () => {
    const peerCount = 5_500;
    await tested.reopen({ maxPeers: peerCount, maxFilesPerPeer: 3, maxHoldings: 3 * peerCount });
    for (let number = 0; number < peerCount; number += 1) {
      const partial = number % 2 === 1;
      const list = [entry('everywhere', { partial, modifyMs: number })];
      if (number < 3) list.push(entry('before', { modifyMs: number }), entry('after', { partial }));
      await join(`${number}`, list, { joinMs: now - number, expireMs: now + ttl });
    }
    const report = { peerId: peerIdOf('0'), digest: digestOf('x'), piece: 0, reportMs: now, expireMs: now + 1 };
    await tested.catalog.report({ ...report, caller: '1' });
    const files = await Promise.all(
      ['before', 'everywhere', 'after', 'everywhere'].map(async (query) => {
        const { candidates } = await tested.catalog.findCandidates(planOf({ query, mode: 'exact' }), now, 10, never);
        return candidates[0]?.fileKey ?? -1;
      }),
    );
    const found = await tested.catalog.findHolders(files, now, 2, never);
    const of = (number: number) => {
      const holders = found.get(files[number] ?? -1);
      return [holders?.holders.map(({ peerId }) => peerId), holders?.wholeHolderCount, holders?.modifyMs];
    };
    expect(of(0)).toEqual([['1', '2'].map(peerIdOf), 3, 2]);
    expect(of(1)).toEqual([['2', '4'].map(peerIdOf), peerCount / 2, peerCount - 1]);
    expect(of(2)).toEqual([['2', '1'].map(peerIdOf), 2, 1]);
    expect(found.size).toBe(3);
    // As many transactions as peers, of a database on a disk that others use, too.
  }, 180_000);
}
