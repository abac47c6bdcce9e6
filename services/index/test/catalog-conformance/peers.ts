import { expect, test } from '@jest/globals';
import { peerIdOf } from '../support/listed.ts';
import { now, peer, type TestedCatalog } from '../support/tested-catalog.ts';

/** What is told of peers. */
export function testPeers(tested: TestedCatalog): void {
  const { join } = tested;

  test('a peer has the tags that it joined with last, and takes what others send or not', async () => {
    const told = async () =>
      (await tested.catalog.listPeers('', 1, now)).map(({ tags, takesOffers }) => [tags, takesOffers]);
    const peerKey = await join('a', []);
    expect(await told()).toEqual([[[], false]]);
    const tags = ['render', 'it’s "quoted", {odd}', '日本'];
    await tested.catalog.join(peer('a', { tags, takesOffers: true }), [], peerKey);
    expect(await told()).toEqual([[tags, true]]);
    expect(await tested.catalog.findPeer(peerIdOf('a'), now)).toMatchObject({ tags, takesOffers: true });
  });

  test('live peers are listed in the order of their ids, from after a given one', async () => {
    for (const label of ['a', 'b', 'c']) await join(label, []);
    const ids = ['a', 'b', 'c'].map(peerIdOf).sort();
    const listIds = async (after: string, limit: number) =>
      (await tested.catalog.listPeers(after, limit, now)).map(({ peerId }) => peerId);
    expect(await listIds('', 2)).toEqual(ids.slice(0, 2));
    expect(await listIds(ids[1] ?? '', 2)).toEqual(ids.slice(2));
    expect(await listIds(ids[2] ?? '', 2)).toEqual([]);
  });
}
