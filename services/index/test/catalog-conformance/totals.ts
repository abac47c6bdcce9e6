import { expect, test } from '@jest/globals';
import { peerIdOf } from '../support/listed.ts';
import { entry, now, type TestedCatalog } from '../support/tested-catalog.ts';

/** What is told of all lists together. */
export function testTotals(tested: TestedCatalog): void {
  const { join } = tested;

  test('stats count each file once, however many hold it', async () => {
    await join('a', [entry('x'), entry('y')]);
    await join('b', [entry('x'), entry('y', { content: 'other' }), entry('z', { partial: true })]);
    const counts = { peerCount: 2, holdingCount: 5, fileCount: 4, totalSizeBytes: 400 };
    expect(await tested.catalog.stats(now)).toMatchObject(counts);
  });

  test('sums of sizes past 2^53 are told as 2^53 - 1, and are exact again afterwards', async () => {
    const huge = Array.from({ length: 5 }, (_, index) => entry(`huge ${index}`, { sizeBytes: 2 ** 53 - 1 }));
    const peerKey = await join('a', huge);
    expect(await tested.catalog.stats(now)).toMatchObject({ totalSizeBytes: Number.MAX_SAFE_INTEGER });
    expect(await tested.catalog.findPeer(peerIdOf('a'), now)).toMatchObject({
      totalSizeBytes: Number.MAX_SAFE_INTEGER,
    });
    const names = huge.map((file) => file.name);
    await tested.catalog.change(peerKey, names, [entry('small', { sizeBytes: 3 })], now);
    expect(await tested.catalog.stats(now)).toMatchObject({ totalSizeBytes: 3 });
    expect(await tested.catalog.findPeer(peerIdOf('a'), now)).toMatchObject({ totalSizeBytes: 3 });
  });
}
