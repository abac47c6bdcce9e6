import { describe, expect, test } from '@jest/globals';
import { peerIdOf } from '../support/listed.ts';
import { entry, never, now, planOf, type TestedCatalog } from '../support/tested-catalog.ts';

/** Folders among the entries of lists. */
export function testFolders(tested: TestedCatalog): void {
  const { join, find, clearAll } = tested;

  describe('of folders', () => {
    const folder = { fileCount: 3, totalSizeBytes: 2 ** 53 - 1 };
    const music = entry('music', { folder, sizeBytes: 1_000 });

    test('finds them only for who asks for them, with what is said of them', async () => {
      await join('a', [music, entry('music/song')]);
      expect(await find({ query: 'music' })).toEqual(['music/song']);
      expect(await find({ query: 'music', mode: 'exact' })).toEqual([]);
      expect(await find({ query: music.digest, mode: 'digest' })).toEqual([]);
      expect(await find({ query: 'music', includeFolders: true })).toEqual(['music', 'music/song']);
      for (const terms of [
        { query: 'music', mode: 'exact' } as const,
        { query: music.digest, mode: 'digest' } as const,
      ]) {
        expect(await find({ ...terms, includeFolders: true })).toEqual(['music']);
        const plan = planOf({ ...terms, includeFolders: true });
        const [found] = (await tested.catalog.findCandidates(plan, now, 9, never)).candidates;
        expect(found).toMatchObject({ name: 'music', sizeBytes: 1_000, folder });
      }
    });

    test('compares sizes with those of their files together', async () => {
      await join('a', [entry('small', { folder: { fileCount: 1, totalSizeBytes: 5 } })]);
      expect(await find({ includeFolders: true, maxSizeBytes: 5 })).toEqual(['small']);
      expect(await find({ includeFolders: true, minSizeBytes: 6 })).toEqual([]);
    });

    test('tells a file from a folder that has its name, digest and size, and from one of which something else is said', async () => {
      const other = { fileCount: 0, totalSizeBytes: 0 };
      await join('a', [music]);
      await join('b', [{ ...music, folder: undefined }]);
      await join('c', [{ ...music, folder: other }]);
      const plan = planOf({ query: 'music', mode: 'exact', includeFolders: true });
      const { candidates } = await tested.catalog.findCandidates(plan, now, 9, never);
      expect(new Set(candidates.map((found) => found.folder))).toEqual(new Set([folder, undefined, other]));
      expect(candidates.map(({ wholeHolderCount }) => wholeHolderCount)).toEqual([1, 1, 1]);
    });

    test('counts them apart from files, and among the entries that a peer may have', async () => {
      const peerKey = await join('a', [music, entry('x'), entry('y')]);
      const counts = { fileCount: 2, folderCount: 1, totalSizeBytes: 200 };
      expect(await tested.catalog.findPeer(peerIdOf('a'), now)).toMatchObject(counts);
      expect(await tested.catalog.listPeers('', 9, now)).toMatchObject([counts]);
      const totals = { holdingCount: 3, fileCount: 2, totalSizeBytes: 200 };
      expect(await tested.catalog.stats(now)).toMatchObject(totals);
      const more = ['1', '2', '3'].map((name) => entry(name, { folder }));
      expect(await tested.catalog.change(peerKey, [], more, now)).toEqual({
        takenFileCount: 2,
        removedFileCount: 0,
        entryCount: 5,
      });
      const removed = await tested.catalog.change(peerKey, ['music', '1', '2'], [], now);
      expect(removed).toEqual({ takenFileCount: 0, removedFileCount: 3, entryCount: 2 });
      expect(await tested.catalog.findPeer(peerIdOf('a'), now)).toMatchObject({ fileCount: 2, folderCount: 0 });
      await tested.catalog.change(peerKey, [], [entry('x', { folder })], now);
      expect(await tested.catalog.stats(now)).toMatchObject({ holdingCount: 2, fileCount: 1, totalSizeBytes: 100 });
      await tested.catalog.retire(peerKey, now);
      await clearAll();
      expect(await tested.catalog.stats(now)).toMatchObject({ holdingCount: 0, fileCount: 0, totalSizeBytes: 0 });
    });
  });
}
