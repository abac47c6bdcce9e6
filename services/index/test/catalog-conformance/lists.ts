import { expect, test } from '@jest/globals';
import { digestOf, peerIdOf } from '../support/listed.ts';
import { entry, now, peer, type TestedCatalog, ttl } from '../support/tested-catalog.ts';

/** How lists change, what bounds them, and what becomes of them when their peers are gone. */
export function testLists(tested: TestedCatalog): void {
  const { join, find, clearAll } = tested;

  test('clearing takes what only retired peers listed, and nothing else', async () => {
    await join('a', [entry('shared'), entry('shared by name', { content: 'a' })]);
    const leaving = await join('b', [entry('shared'), entry('shared by name', { content: 'b' }), entry('own')]);
    await tested.catalog.retire(leaving, now);
    await clearAll();
    expect(await tested.catalog.clearRetired(100)).toBe(0);
    expect(await tested.catalog.stats(now)).toMatchObject({
      peerCount: 1,
      holdingCount: 2,
      fileCount: 2,
      totalSizeBytes: 200,
    });
    expect(await find({})).toEqual(['shared', 'shared by name']);
    await join('b', [entry('own')]);
    expect(await find({ query: 'own' })).toEqual(['own']);
  });

  test('a change removes first, then adds; an entry takes the place of the one with its name', async () => {
    const peerKey = await join('a', [entry('x'), entry('y')]);
    const change = [entry('y', { content: 'new' }), entry('z'), entry('x', { partial: true })];
    expect(await tested.catalog.change(peerKey, ['x', 'unknown'], change, now)).toEqual({
      takenFileCount: 3,
      removedFileCount: 1,
      entryCount: 3,
    });
    expect(await find({ query: digestOf('new'), mode: 'digest' })).toEqual(['y']);
    expect(await find({ query: digestOf('y'), mode: 'digest' })).toEqual([]);
    expect(await tested.catalog.stats(now)).toMatchObject({ holdingCount: 3, fileCount: 3 });
  });

  test('a change after the end of the lease changes nothing', async () => {
    const peerKey = await join('a', [entry('x')]);
    expect(await tested.catalog.change(peerKey, [], [entry('y')], now + ttl)).toBeUndefined();
    expect(await find({})).toEqual(['x']);
  });

  test('quotas bound peers, each list, and all lists together', async () => {
    const many = (prefix: string) => Array.from({ length: 7 }, (_, index) => entry(`${prefix}${index}`));
    expect(await tested.catalog.join(peer('a'), many('a'), undefined)).toMatchObject({ takenFileCount: 5 });
    expect(await tested.catalog.join(peer('b'), many('b'), undefined)).toMatchObject({ takenFileCount: 3 });
    const third = await join('c', []);
    expect(await tested.catalog.join(peer('d'), [], undefined)).toEqual({ kind: 'full' });
    expect(await tested.catalog.join(peer('c'), [], third)).toMatchObject({ kind: 'joined' });
    const holder = await tested.catalog.findPeer(peerIdOf('a'), now);
    const replaced = await tested.catalog.change(holder?.peerKey ?? -1, ['a0'], [entry('a1', { content: 'n' })], now);
    expect(replaced).toEqual({ takenFileCount: 1, removedFileCount: 1, entryCount: 4 });
  });
}
