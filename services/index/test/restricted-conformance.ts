import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Catalog, ListEntry, PeerInit } from '../src/core/catalog.ts';
import type { ChangeEvent } from '../src/core/changes/change.ts';
import { usualQuotas } from '../src/core/limits.ts';
import { viewForUser } from '../src/core/rights/view-for-user.ts';
import { lookUpFiles } from '../src/core/search/look-up-files.ts';
import { type FoundPage, type SearchRequest, searchFiles } from '../src/core/search/search-files.ts';
import { digestOf, peerIdOf } from './support/listed.ts';
import { searchTerms } from './support/search-terms.ts';
import { entry, never, now, type OpenCatalog, peer as peerOf, ttl } from './support/tested-catalog.ts';

const patience = { signal: never, within: () => never };

/**
 * What every engine does with lists that are for some users only.
 *
 * @param open opens an empty catalog with these quotas
 */
export function describeRestrictedLists(name: string, open: OpenCatalog): void {
  describe(`lists for some users only, on ${name}`, () => {
    let catalog: Catalog;
    beforeEach(async () => {
      catalog = await open({ ...usualQuotas, maxHoldings: 12, maxFilesPerPeer: 8 });
      await catalog.resume(now, ttl);
    });
    afterEach(() => catalog.close());

    const join = async (
      label: string,
      allowedUsers: string[],
      entries: ListEntry[],
      more: Partial<PeerInit> = {},
      listFingerprint?: Uint8Array,
    ): Promise<{ peerKey: number; listKept: boolean }> => {
      const old = await catalog.findPeer(peerIdOf(label), now);
      const peer = peerOf(label, { allowedUsers, ...more });
      const outcome = await catalog.join(peer, entries, old?.peerKey, listFingerprint);
      if (outcome.kind !== 'joined') throw new Error(outcome.kind);
      return outcome;
    };
    const search = (user: string | undefined, terms: Partial<SearchRequest> = {}): Promise<FoundPage> =>
      searchFiles(viewForUser(catalog, user), requestOf(terms), now, patience);
    const names = async (user: string | undefined, terms: Partial<SearchRequest> = {}): Promise<string[]> =>
      (await search(user, terms)).files.map((file) => file.name).sort();
    const holders = async (user: string | undefined, terms: Partial<SearchRequest>): Promise<string[]> => {
      const { files } = await search(user, terms);
      return files.flatMap((file) => file.holders.map(({ peerId }) => labelOf(peerId))).sort();
    };

    test.each([
      ['keywords', { query: 'budget' }],
      ['every name', { query: '' }],
      ['an exact name', { query: 'Budget 2027.xls', mode: 'exact' }],
      ['the last part of a name', { query: 'Budget 2027.xls', mode: 'exact' }],
      ['a prefix', { query: 'budg', mode: 'prefix' }],
      ['a pattern', { query: '*2027*', mode: 'glob' }],
      ['a digest', { query: digestOf('numbers'), mode: 'digest' }],
      ['a part of a digest', { query: digestOf('numbers').slice(0, 10), mode: 'digest' }],
      ['a digest and a size', { query: digestOf('numbers'), mode: 'digest', minSizeBytes: 1 }],
    ] as const)('are found by %s by those users, and by nobody else', async (_, terms) => {
      await join('a', ['ana', 'bia'], [entry('money/Budget 2027.xls', { content: 'numbers' })]);
      for (const user of ['ana', 'bia']) {
        expect(await names(user, terms)).toEqual(['money/Budget 2027.xls']);
        const [file] = (await search(user, terms)).files;
        expect(file).toMatchObject({ wholeHolderCount: 1, modifyMs: 1, holders: [{ restricted: true, host: 'host' }] });
      }
      for (const user of ['carol', 'Ana', 'an', undefined]) {
        expect(await search(user, terms)).toEqual({ files: [], nextPageToken: '', truncated: false, suggestions: [] });
      }
    });

    test('are looked up by those users, and by nobody else, among many queries', async () => {
      await join('a', ['ana'], [entry('own.txt')]);
      await join('b', [], [entry('x.txt')]);
      const queries = ['x.txt', 'own.txt', digestOf('own.txt'), digestOf('own.txt').slice(0, 8), 'nothing'];
      const found = async (user: string | undefined) => {
        const terms = { queries, includeFolders: false };
        const results = await lookUpFiles(viewForUser(catalog, user), terms, () => now, never);
        return results.map((files) => files.map((file) => file.name).join());
      };
      expect(await found('ana')).toEqual(['x.txt', 'own.txt', 'own.txt', 'own.txt', '']);
      for (const user of ['carol', undefined]) expect(await found(user)).toEqual(['x.txt', '', '', '', '']);
    });

    test('a file that others have, too, has only those holders for everybody else, in whatever order of hits', async () => {
      const same = entry('report.pdf', { content: 'same' });
      const other = entry('reports.pdf');
      await join('a', ['ana'], [same]);
      await join('b', ['ana', 'bia'], [same]);
      const before = await search(undefined, { query: 'report' });
      expect(before.files).toEqual([]);
      await join('c', [], [same, other]);
      await join('d', [], [other]);
      expect(await holders('ana', { query: 'report.pdf', mode: 'exact' })).toEqual(['a', 'b', 'c']);
      expect(await holders('bia', { query: digestOf('same'), mode: 'digest' })).toEqual(['b', 'c']);
      expect(await holders('carol', { query: digestOf('same'), mode: 'digest' })).toEqual(['c']);
      const [first] = (await search('ana', { query: digestOf('same'), mode: 'digest' })).files;
      expect(first).toMatchObject({ wholeHolderCount: 3 });
      // One holder each would be ranked by their names; a hidden one is not counted.
      const order = async (user?: string) => (await search(user, { query: 'pdf' })).files.map((file) => file.name);
      expect(await order('ana')).toEqual(['report.pdf', 'reports.pdf']);
      expect(await order('carol')).toEqual(['reports.pdf', 'report.pdf']);
      const { nextPageToken: token } = await search('carol', { query: 'pdf', pageSize: 1 });
      const [alone] = (await search('carol', { query: 'pdf', pageSize: 1, pageToken: token })).files;
      expect(alone).toMatchObject({ name: 'report.pdf', wholeHolderCount: 1 });
    });

    test('their folders, too, and entries that change, and only some pieces of a file', async () => {
      const folder = { fileCount: 2, totalSizeBytes: 9 };
      const { peerKey } = await join('a', ['ana'], [entry('album', { folder }), entry('old.txt')]);
      expect(await names('ana', { includeFolders: true })).toEqual(['album', 'old.txt']);
      expect(await names('ana', { includeFolders: false })).toEqual(['old.txt']);
      expect(await names('ana', { includeFolders: true, maxSizeBytes: 9 })).toEqual(['album']);
      const changed = [entry('new.txt', { partial: true }), entry('album', { folder, content: 'other' })];
      expect(await catalog.change(peerKey, ['old.txt', 'none'], changed, now)).toEqual({
        takenFileCount: 2,
        removedFileCount: 1,
        entryCount: 2,
      });
      expect(await names('ana', { includeFolders: true })).toEqual(['album', 'new.txt']);
      const [file] = (await search('ana', { query: 'new.txt', mode: 'exact' })).files;
      expect(file).toMatchObject({ wholeHolderCount: 0, holders: [{ partial: true }] });
      expect(await names(undefined, { includeFolders: true })).toEqual([]);
      expect(await catalog.findPeer(peerIdOf('a'), now)).toMatchObject({
        fileCount: 1,
        folderCount: 1,
        totalSizeBytes: 100,
        allowedUsers: ['ana'],
      });
    });

    test('suggest nothing to anybody else, nor make their searches come to an end', async () => {
      await join('a', ['ana'], [entry('quarterly-earnings.pdf')]);
      expect((await search('ana', { query: 'quartely' })).suggestions).toEqual(['quarterly']);
      expect((await search('carol', { query: 'quartely' })).suggestions).toEqual([]);
      expect(await search('carol', { query: 'quarterly' })).toMatchObject({ truncated: false, suggestions: [] });
      // What is examined for everybody is the same with and without them.
      const plan = { lookups: [{ kind: 'contains', texts: ['earnings'] }], conditions: [] } as const;
      const query = { ...plan, includeFolders: true, minSizeBytes: 0, maxSizeBytes: Number.POSITIVE_INFINITY };
      expect(await catalog.findCandidates(query, now, 1, never)).toEqual({ candidates: [], truncated: false });
    });

    test('their peers are listed for those users alone, and in no totals', async () => {
      await join('a', ['ana', 'bia'], [entry('x')]);
      await join('b', [], [entry('y', { sizeBytes: 7 })]);
      const listed = async (user?: string) =>
        (await catalog.listPeers('', 9, now, user)).map(({ peerId }) => labelOf(peerId)).sort();
      expect(await listed('bia')).toEqual(['a', 'b']);
      expect(await listed('carol')).toEqual(['b']);
      expect(await listed()).toEqual(['b']);
      expect(await catalog.stats(now)).toEqual({
        peerCount: 1,
        holdingCount: 1,
        fileCount: 1,
        totalSizeBytes: 7,
        restrictedPeerCount: 1,
        restrictedHoldingCount: 1,
      });
    });

    test('what happens to them is told with the users who may know', async () => {
      const { position } = await catalog.changeLogEnd();
      const events = async (): Promise<ChangeEvent[]> =>
        ((await catalog.changesAfter(position)).changes ?? []).map(({ event }) => event);
      const { peerKey } = await join('a', ['ana', 'bia'], [entry('x')]);
      await catalog.change(peerKey, ['x'], [entry('y')], now);
      await join('a', ['ana'], []);
      await join('a', [], []);
      const allowedUsers = ['ana', 'bia'];
      expect(await events()).toMatchObject([
        { kind: 'joined', allowedUsers },
        { kind: 'listed', added: [{ name: 'x' }], allowedUsers },
        { kind: 'listed', removed: [{ name: 'x' }], allowedUsers },
        { kind: 'listed', added: [{ name: 'y' }], allowedUsers },
        { kind: 'left', allowedUsers },
        { kind: 'joined', allowedUsers: ['ana'] },
        { kind: 'left', allowedUsers: ['ana'] },
        { kind: 'joined' },
      ]);
      expect((await events()).at(-1)).not.toHaveProperty('allowedUsers');
      expect(await catalog.retireExpired(now + ttl, 9)).toHaveLength(1);
    });

    test('joining again with other users takes effect at once, also with the same files and fingerprint', async () => {
      const fingerprint = new Uint8Array([1, 2, 3]);
      const { peerKey } = await join('a', ['ana', 'bia'], [entry('x')]);
      await catalog.change(peerKey, [], [], now, fingerprint);
      expect(await join('a', ['ana', 'bia'], [], {}, fingerprint)).toMatchObject({ listKept: true, peerKey });
      expect(await names('bia')).toEqual(['x']);
      expect(await join('a', ['ana'], [entry('x')], {}, fingerprint)).toMatchObject({ listKept: false });
      expect(await names('bia')).toEqual([]);
      expect(await names('ana')).toEqual(['x']);
      expect(await join('a', [], [entry('x')], {}, fingerprint)).toMatchObject({ listKept: false });
      expect(await names(undefined)).toEqual(['x']);
      // And back: what everybody saw is in nobody's way.
      expect(await join('a', ['ana'], [entry('x')], {}, fingerprint)).toMatchObject({ listKept: false });
      expect([await names(undefined), await names('ana')]).toEqual([[], ['x']]);
    });

    test('end with their leases, and are cleared like all others; quotas are of all together', async () => {
      const many = Array.from({ length: 9 }, (_, at) => entry(`f${at}`));
      const outcome = await catalog.join(peerOf('a', { allowedUsers: ['ana'] }), many, undefined);
      expect(outcome).toMatchObject({ kind: 'joined', takenFileCount: 8, entryCount: 8 });
      expect(await catalog.join(peerOf('b'), many, undefined)).toMatchObject({ takenFileCount: 4 });
      const { peerKey = 0 } = (await catalog.findPeer(peerIdOf('a'), now)) ?? {};
      const found = await searchFiles(viewForUser(catalog, 'ana'), requestOf({}), now + ttl, patience);
      expect(found.files).toEqual([]);
      expect(await catalog.retire(peerKey, now)).toBe(true);
      expect(await names('ana')).toEqual(['f0', 'f1', 'f2', 'f3']);
      let cleared = 0;
      for (let count = -1; count !== 0; cleared += count) count = await catalog.clearRetired(3);
      expect(cleared).toBe(9);
      expect(await catalog.findListsFor('ana', now, 9)).toEqual([]);
      expect(await join('c', ['ana'], many.slice(0, 8))).toMatchObject({ takenFileCount: 8 });
      expect(await names('ana')).toHaveLength(8);
    });

    test('holders that are asked for later than they were found are only those that still are there', async () => {
      const { peerKey } = await join('a', ['ana'], [entry('x')]);
      const view = viewForUser(catalog, 'ana');
      const { candidates } = await view.findCandidates(everything, now, 9, never);
      await catalog.change(peerKey, ['x'], [], now);
      await join('b', ['bia'], [entry('secret')]);
      const keys = candidates.map(({ fileKey }) => fileKey);
      expect(keys).toHaveLength(1);
      expect(await view.findHolders(keys, now, 9, never)).toEqual(new Map());
    });
  });
}

const everything = {
  lookups: [{ kind: 'contains' as const, texts: [] }],
  conditions: [],
  includeFolders: true,
  minSizeBytes: 0,
  maxSizeBytes: Number.POSITIVE_INFINITY,
};

const labels = ['a', 'b', 'c', 'd'];

function labelOf(peerId: string): string {
  return labels.find((label) => peerIdOf(label) === peerId) ?? peerId;
}

function requestOf(terms: Partial<SearchRequest>): SearchRequest {
  return { pageSize: 0, pageToken: '', ...terms, ...searchTerms(terms) };
}
