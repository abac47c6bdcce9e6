import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../../../tests/support/until.ts';
import type { Catalog, CatalogQuotas, FoundCandidates, ListEntry, PeerInit, ReportInit } from '../src/core/catalog.ts';
import { parseQuery, type SearchTerms } from '../src/core/search/parse-query.ts';
import { digestOf, peerIdOf } from './support/listed.ts';

const never = new AbortController().signal;
const now = 10_000_000;
const ttl = 30_000;
const quotas = {
  maxPeers: 10,
  maxFilesPerPeer: 10,
  maxHoldings: 100,
  maxReports: 6,
  maxReportsPerCaller: 4,
  maxReportsPerPeer: 3,
};

/**
 * What every engine of the catalog does, whatever it stores in.
 *
 * @param name the engine's, for the names of the tests
 * @param open opens an empty catalog with these quotas
 */
export function describeCatalog(name: string, open: (quotas: CatalogQuotas) => Promise<Catalog> | Catalog): void {
  describe(`the catalog on ${name}`, () => {
    let catalog: Catalog;
    beforeEach(async () => {
      catalog = await open({ ...quotas, maxPeers: 3, maxFilesPerPeer: 5, maxHoldings: 8 });
      await catalog.resume(now, ttl);
    });
    afterEach(() => catalog.close());

    const join = async (label: string, entries: ListEntry[], more: Partial<PeerInit> = {}): Promise<number> => {
      const outcome = await catalog.join(peer(label, more), entries, undefined);
      if (outcome.kind !== 'joined') throw new Error(outcome.kind);
      return outcome.peerKey;
    };
    const find = async (terms: Partial<SearchTerms>, nowMs = now, limit = 100): Promise<string[]> => {
      const found = await catalog.findCandidates(planOf(terms), nowMs, limit, never);
      // Together with others a query finds what it finds alone.
      const [ofEach] = await catalog.findCandidatesOfEach([planOf(terms), planOf({})], nowMs, limit, never);
      expect(sorted(ofEach)).toEqual(sorted(found));
      return found.candidates.map((candidate) => candidate.name).sort();
    };
    const clearAll = async (): Promise<void> => {
      while ((await catalog.clearRetired(2)) > 0);
    };

    test('a peer that joined is found by its id until its lease ends, and not a moment longer', async () => {
      const peerKey = await join('a', [entry('x', { sizeBytes: 7 }), entry('y', { sizeBytes: 5 })]);
      expect(await catalog.findPeer(peerIdOf('a'), now)).toMatchObject({
        ...peer('a'),
        peerKey,
        renewMs: now,
        reachable: false,
        dialMs: 0,
        fileCount: 2,
        totalSizeBytes: 12,
      });
      expect(await catalog.findPeer(peerIdOf('a'), now + ttl - 1)).toBeDefined();
      expect(await catalog.findPeer(peerIdOf('a'), now + ttl)).toBeUndefined();
      expect(await find({}, now + ttl - 1)).toEqual(['x', 'y']);
      expect(await find({}, now + ttl)).toEqual([]);
    });

    test('a live peer is replaced only by who names its lease', async () => {
      const first = await join('a', [entry('x')]);
      expect(await catalog.join(peer('a'), [entry('y')], undefined)).toEqual({ kind: 'held' });
      const outcome = await catalog.join(peer('a'), [entry('y')], first);
      expect(outcome).toMatchObject({ kind: 'joined', takenFileCount: 1 });
      expect(await find({})).toEqual(['y']);
      expect(await catalog.join(peer('a'), [], first)).toEqual({ kind: 'held' });
      expect(await catalog.renew(first, now, now + ttl)).toBe(false);
    });

    test('an id whose lease is over can be joined, although nobody retired it', async () => {
      await join('a', [entry('x')]);
      await join('a', [entry('y')], { joinMs: now + ttl, expireMs: now + 2 * ttl });
      expect(await find({}, now + ttl)).toEqual(['y']);
    });

    test('a renewal puts the end of a lease off, and comes too late after it', async () => {
      const peerKey = await join('a', [entry('x')]);
      expect(await catalog.renew(peerKey, now + 10, now + 10 + ttl)).toBe(true);
      expect(await catalog.findPeer(peerIdOf('a'), now + ttl)).toMatchObject({ renewMs: now + 10 });
      expect(await catalog.nextExpiryMs()).toBe(now + 10 + ttl);
      expect(await catalog.renew(peerKey, now + 10 + ttl, now + 99 * ttl)).toBe(false);
      expect(await catalog.findPeer(peerIdOf('a'), now + 10 + ttl)).toBeUndefined();
    });

    test('a retired peer is out of every answer at once, before its list is cleared', async () => {
      const peerKey = await join('a', [entry('x')]);
      expect(await catalog.retire(peerKey, now)).toBe(true);
      expect(await catalog.retire(peerKey, now)).toBe(false);
      expect(await find({})).toEqual([]);
      expect(await catalog.listPeers('', 10, now)).toEqual([]);
      expect(await catalog.stats(now)).toMatchObject({ peerCount: 0, holdingCount: 0 });
      expect(await catalog.nextExpiryMs()).toBeUndefined();
    });

    test('peers whose leases are over are retired once, in bounded steps', async () => {
      await join('a', []);
      await join('b', [entry('x')], { expireMs: now + 1 });
      await join('c', [], { expireMs: now + 2 });
      expect((await catalog.retireExpired(now, 10)).length).toBe(0);
      expect((await catalog.retireExpired(now + 5, 1)).map(({ peerId, fileCount }) => [peerId, fileCount])).toEqual([
        [peerIdOf('b'), 1],
      ]);
      expect((await catalog.retireExpired(now + 5, 10)).map(({ peerId }) => peerId)).toEqual([peerIdOf('c')]);
      expect((await catalog.retireExpired(now + 5, 10)).length).toBe(0);
    });

    test('clearing takes what only retired peers listed, and nothing else', async () => {
      await join('a', [entry('shared'), entry('shared by name', { content: 'a' })]);
      const leaving = await join('b', [entry('shared'), entry('shared by name', { content: 'b' }), entry('own')]);
      await catalog.retire(leaving, now);
      await clearAll();
      expect(await catalog.clearRetired(100)).toBe(0);
      expect(await catalog.stats(now)).toMatchObject({
        peerCount: 1,
        holdingCount: 2,
        fileCount: 2,
        totalSizeBytes: 200,
      });
      expect(await find({})).toEqual(['shared', 'shared by name']);
      await join('b', [entry('own')]);
      expect(await find({ query: 'own' })).toEqual(['own']);
    });

    test('stats count each file once, however many hold it', async () => {
      await join('a', [entry('x'), entry('y')]);
      await join('b', [entry('x'), entry('y', { content: 'other' }), entry('z', { partial: true })]);
      const counts = { peerCount: 2, holdingCount: 5, fileCount: 4, totalSizeBytes: 400 };
      expect(await catalog.stats(now)).toMatchObject(counts);
    });

    test('sums of sizes past 2^53 are told as 2^53 - 1, and are exact again afterwards', async () => {
      const huge = Array.from({ length: 5 }, (_, index) => entry(`huge ${index}`, { sizeBytes: 2 ** 53 - 1 }));
      const peerKey = await join('a', huge);
      expect(await catalog.stats(now)).toMatchObject({ totalSizeBytes: Number.MAX_SAFE_INTEGER });
      expect(await catalog.findPeer(peerIdOf('a'), now)).toMatchObject({ totalSizeBytes: Number.MAX_SAFE_INTEGER });
      const names = huge.map((file) => file.name);
      await catalog.change(peerKey, names, [entry('small', { sizeBytes: 3 })], now);
      expect(await catalog.stats(now)).toMatchObject({ totalSizeBytes: 3 });
      expect(await catalog.findPeer(peerIdOf('a'), now)).toMatchObject({ totalSizeBytes: 3 });
    });

    test('a change removes first, then adds; an entry takes the place of the one with its name', async () => {
      const peerKey = await join('a', [entry('x'), entry('y')]);
      const change = [entry('y', { content: 'new' }), entry('z'), entry('x', { partial: true })];
      expect(await catalog.change(peerKey, ['x', 'unknown'], change, now)).toEqual({
        takenFileCount: 3,
        removedFileCount: 1,
        entryCount: 3,
      });
      expect(await find({ query: digestOf('new'), mode: 'digest' })).toEqual(['y']);
      expect(await find({ query: digestOf('y'), mode: 'digest' })).toEqual([]);
      expect(await catalog.stats(now)).toMatchObject({ holdingCount: 3, fileCount: 3 });
    });

    test('a change after the end of the lease changes nothing', async () => {
      const peerKey = await join('a', [entry('x')]);
      expect(await catalog.change(peerKey, [], [entry('y')], now + ttl)).toBeUndefined();
      expect(await find({})).toEqual(['x']);
    });

    test('quotas bound peers, each list, and all lists together', async () => {
      const many = (prefix: string) => Array.from({ length: 7 }, (_, index) => entry(`${prefix}${index}`));
      expect(await catalog.join(peer('a'), many('a'), undefined)).toMatchObject({ takenFileCount: 5 });
      expect(await catalog.join(peer('b'), many('b'), undefined)).toMatchObject({ takenFileCount: 3 });
      const third = await join('c', []);
      expect(await catalog.join(peer('d'), [], undefined)).toEqual({ kind: 'full' });
      expect(await catalog.join(peer('c'), [], third)).toMatchObject({ kind: 'joined' });
      const holder = await catalog.findPeer(peerIdOf('a'), now);
      const replaced = await catalog.change(holder?.peerKey ?? -1, ['a0'], [entry('a1', { content: 'n' })], now);
      expect(replaced).toEqual({ takenFileCount: 1, removedFileCount: 1, entryCount: 4 });
    });

    test('a peer has the tags that it joined with last, and takes what others send or not', async () => {
      const told = async () =>
        (await catalog.listPeers('', 1, now)).map(({ tags, takesOffers }) => [tags, takesOffers]);
      const peerKey = await join('a', []);
      expect(await told()).toEqual([[[], false]]);
      const tags = ['render', 'it’s "quoted", {odd}', '日本'];
      await catalog.join(peer('a', { tags, takesOffers: true }), [], peerKey);
      expect(await told()).toEqual([[tags, true]]);
      expect(await catalog.findPeer(peerIdOf('a'), now)).toMatchObject({ tags, takesOffers: true });
    });

    test('live peers are listed in the order of their ids, from after a given one', async () => {
      for (const label of ['a', 'b', 'c']) await join(label, []);
      const ids = ['a', 'b', 'c'].map(peerIdOf).sort();
      const listIds = async (after: string, limit: number) =>
        (await catalog.listPeers(after, limit, now)).map(({ peerId }) => peerId);
      expect(await listIds('', 2)).toEqual(ids.slice(0, 2));
      expect(await listIds(ids[1] ?? '', 2)).toEqual(ids.slice(2));
      expect(await listIds(ids[2] ?? '', 2)).toEqual([]);
    });

    test('holders come whole before partial, reachable before others, then the most recently renewed', async () => {
      await catalog.close();
      catalog = await open({ ...quotas, maxPeers: 10, maxFilesPerPeer: 5, maxHoldings: 50 });
      const at = (joinMs: number) => ({ joinMs, expireMs: joinMs + ttl });
      await join('old', [entry('x', { modifyMs: 5 })], at(now - 9));
      await join('new', [entry('x', { modifyMs: undefined })], at(now - 2));
      const reachable = await join('reachable', [entry('x', { modifyMs: 8 })], at(now - 5));
      const partial = await join('partial', [entry('x', { partial: true, modifyMs: 9 })], at(now));
      await catalog.setReachable(reachable, true, now);
      await catalog.setReachable(partial, true, now);
      await join('gone', [entry('x', { modifyMs: 99 })], { expireMs: now });

      const { candidates } = await catalog.findCandidates(planOf({ query: 'x' }), now, 10, never);
      const fileKey = candidates[0]?.fileKey ?? -1;
      const found = (await catalog.findHolders([fileKey, 12_345], now, 10, never)).get(fileKey);
      expect(found?.holders.map(({ peerId }) => peerId)).toEqual(['reachable', 'new', 'old', 'partial'].map(peerIdOf));
      expect(found).toMatchObject({ wholeHolderCount: 3, modifyMs: 9 });
      const bounded = (await catalog.findHolders([fileKey], now, 2, never)).get(fileKey);
      expect(bounded?.holders).toHaveLength(2);
      expect(bounded?.wholeHolderCount).toBe(3);
    });

    test('a file that is held only in part is found, and is held as a whole once its list says so', async () => {
      const peerKey = await join('a', [entry('x', { partial: true }), entry('y', { partial: true })]);
      expect(await find({ query: 'x', mode: 'exact' })).toEqual(['x']);
      expect(await find({ query: digestOf('x'), mode: 'digest' })).toEqual(['x']);
      const holdersOf = async (query: string) => {
        const { candidates } = await catalog.findCandidates(planOf({ query }), now, 10, never);
        const [{ fileKey, wholeHolderCount } = { fileKey: -1, wholeHolderCount: -1 }] = candidates;
        const found = (await catalog.findHolders([fileKey], now, 10, never)).get(fileKey);
        return [wholeHolderCount, found?.wholeHolderCount, found?.holders.map(({ partial }) => partial)];
      };
      expect(await holdersOf('x')).toEqual([0, 0, [true]]);
      await catalog.change(peerKey, [], [entry('x')], now);
      expect(await holdersOf('x')).toEqual([1, 1, [false]]);
      expect(await holdersOf('y')).toEqual([0, 0, [true]]);
      await catalog.change(peerKey, ['x'], [], now);
      expect(await find({})).toEqual(['y']);
    });

    describe('reports', () => {
      const hour = 3_600_000;
      const report = (of: string, caller: string, more: Partial<ReportInit> = {}) =>
        catalog.report({
          peerId: peerIdOf(of),
          caller,
          digest: digestOf('x'),
          piece: 3,
          reportMs: now,
          expireMs: now + hour,
          ...more,
        });
      const counts = async (nowMs = now): Promise<Record<string, number>> => {
        const listed = await catalog.listPeers('', 10, nowMs);
        return Object.fromEntries(listed.map(({ shareName, reportCount }) => [shareName, reportCount]));
      };

      test('count each caller once for a peer, and are told of live peers', async () => {
        await join('a', [], { expireMs: now + 2 * hour });
        await join('b', [], { expireMs: now + 2 * hour });
        expect(await report('a', '10.0.0.1')).toEqual({ kind: 'counted', reportCount: 1, isNew: true });
        expect(await report('a', '10.0.0.2', { piece: undefined })).toMatchObject({ reportCount: 2, isNew: true });
        expect(await report('a', '10.0.0.1', { digest: digestOf('y') })).toMatchObject({
          reportCount: 2,
          isNew: false,
        });
        expect(await report('c', '10.0.0.1')).toMatchObject({ reportCount: 1 });
        expect(await counts()).toEqual({ a: 2, b: 0 });
      });

      test('end on time, unless they are renewed; and what has ended is cleared in steps', async () => {
        await join('a', [], { expireMs: now + 2 * hour });
        await report('a', '1');
        await report('a', '2');
        await report('a', '2', { reportMs: now + 10, expireMs: now + 10 + hour });
        expect(await counts(now + hour - 1)).toEqual({ a: 2 });
        expect(await counts(now + hour)).toEqual({ a: 1 });
        expect(await counts(now + 10 + hour)).toEqual({ a: 0 });
        const again = { reportMs: now + hour + 20, expireMs: now + hour + 30 };
        expect(await report('a', '1', again)).toEqual({ kind: 'counted', reportCount: 1, isNew: true });
        expect(await catalog.clearReports(now + hour + 20, 10)).toBe(1);
        expect(await catalog.clearReports(now + hour + 20, 10)).toBe(0);
        await report('a', '3', again);
        expect(await catalog.clearReports(now + 2 * hour, 1)).toBe(1);
        expect(await catalog.clearReports(now + 2 * hour, 1)).toBe(1);
        expect(await catalog.clearReports(now + 2 * hour, 1)).toBe(0);
      });

      test('stay with a peer that joins again', async () => {
        const first = await join('a', []);
        await report('a', '1');
        await catalog.retire(first, now);
        await clearAll();
        await join('a', []);
        expect(await counts()).toEqual({ a: 1 });
      });

      test('are bounded: for each peer those that count, for each caller, and together', async () => {
        await join('a', []);
        for (const caller of ['1', '2', '3']) await report('a', caller);
        expect(await report('a', '4')).toEqual({ kind: 'counted', reportCount: 3, isNew: false });
        expect(await counts()).toEqual({ a: 3 });
        for (const label of ['b', 'c', 'd']) expect(await report(label, '1')).toMatchObject({ kind: 'counted' });
        expect(await report('e', '1')).toEqual({ kind: 'full', limit: 'maxReportsPerCaller' });
        expect(await report('a', '1')).toMatchObject({ kind: 'counted', isNew: false });
        expect(await report('e', '5')).toEqual({ kind: 'full', limit: 'maxReports' });
        // What has ended makes room once it is cleared.
        await catalog.clearReports(now + hour, 100);
        expect(await report('e', '1')).toMatchObject({ kind: 'counted' });
      });

      test('put a holder behind those that fewer report, also behind partial ones, and out of no answer', async () => {
        await catalog.close();
        catalog = await open({ ...quotas, maxReports: 100, maxReportsPerPeer: 100 });
        const at = (ageMs: number) => ({ joinMs: now - ageMs, expireMs: now + ttl });
        const liar = await join('liar', [entry('x')], at(0));
        await catalog.setReachable(liar, true, now);
        await join('accused', [entry('x')], at(1));
        await join('part', [entry('x', { partial: true })], at(2));
        await join('honest', [entry('x')], at(3));
        for (const caller of ['1', '2']) await report('liar', caller);
        await report('accused', '1');
        const { candidates } = await catalog.findCandidates(planOf({ query: 'x' }), now, 10, never);
        const fileKey = candidates[0]?.fileKey ?? -1;
        const holdersAt = async (nowMs: number, limit = 10) => {
          const found = (await catalog.findHolders([fileKey], nowMs, limit, never)).get(fileKey);
          return found?.holders.map(({ peerId, reportCount }) => [peerId, reportCount]);
        };
        const expected = ['honest', 'part', 'accused', 'liar']
          .map(peerIdOf)
          .map((id, index) => [id, [0, 0, 1, 2][index]]);
        expect(await holdersAt(now)).toEqual(expected);
        expect(await holdersAt(now, 3)).toEqual(expected.slice(0, 3));
      });

      test('count no longer after an hour, also when the clock was set back', async () => {
        await join('a', []);
        await report('a', '1', { reportMs: now + 9 * hour, expireMs: now + 10 * hour });
        await report('a', '2');
        await catalog.resume(now, ttl);
        expect(await counts()).toEqual({ a: 1 });
      });
    });

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
          const [found] = (await catalog.findCandidates(plan, now, 9, never)).candidates;
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
        const { candidates } = await catalog.findCandidates(plan, now, 9, never);
        expect(new Set(candidates.map((found) => found.folder))).toEqual(new Set([folder, undefined, other]));
        expect(candidates.map(({ wholeHolderCount }) => wholeHolderCount)).toEqual([1, 1, 1]);
      });

      test('counts them apart from files, and among the entries that a peer may have', async () => {
        const peerKey = await join('a', [music, entry('x'), entry('y')]);
        const counts = { fileCount: 2, folderCount: 1, totalSizeBytes: 200 };
        expect(await catalog.findPeer(peerIdOf('a'), now)).toMatchObject(counts);
        expect(await catalog.listPeers('', 9, now)).toMatchObject([counts]);
        const totals = { holdingCount: 3, fileCount: 2, totalSizeBytes: 200 };
        expect(await catalog.stats(now)).toMatchObject(totals);
        const more = ['1', '2', '3'].map((name) => entry(name, { folder }));
        expect(await catalog.change(peerKey, [], more, now)).toEqual({
          takenFileCount: 2,
          removedFileCount: 0,
          entryCount: 5,
        });
        const removed = await catalog.change(peerKey, ['music', '1', '2'], [], now);
        expect(removed).toEqual({ takenFileCount: 0, removedFileCount: 3, entryCount: 2 });
        expect(await catalog.findPeer(peerIdOf('a'), now)).toMatchObject({ fileCount: 2, folderCount: 0 });
        await catalog.change(peerKey, [], [entry('x', { folder })], now);
        expect(await catalog.stats(now)).toMatchObject({ holdingCount: 2, fileCount: 1, totalSizeBytes: 100 });
        await catalog.retire(peerKey, now);
        await clearAll();
        expect(await catalog.stats(now)).toMatchObject({ holdingCount: 0, fileCount: 0, totalSizeBytes: 0 });
      });
    });

    describe('finds', () => {
      const names = ['Ubuntu-24.04.iso', 'iso/Café Noir.tar.gz', 'notes/my_file [1].txt', 'a%b', '日本語/写真.jpg'];
      beforeEach(async () => {
        await join(
          'a',
          names.map((text) => entry(text)),
        );
      });

      test.each<[string, Partial<SearchTerms>, number[]]>([
        ['every file', {}, [0, 1, 2, 3, 4]],
        ['words in any order and case', { query: 'ISO ubuntu' }, [0]],
        ['words without their accents', { query: 'cafe' }, [1]],
        ['words with accents that the name lacks', { query: 'übuntu' }, [0]],
        ['parts of words', { query: 'bunt' }, [0]],
        ['words of one or two characters', { query: 'y_' }, [2]],
        ['words with separators', { query: '24.04' }, [0]],
        ['words of two characters of another script', { query: '写真' }, [4]],
        ['what excluded words leave', { query: '-iso -b' }, [2, 4]],
        ['both wanted and unwanted words', { query: 'iso -noir' }, [0]],
        ['signs that mean something to databases', { query: '%' }, [3]],
        ['brackets', { query: '[1]' }, [2]],
        ['exact names', { query: 'Ubuntu-24.04.iso', mode: 'exact' }, [0]],
        ['exact last parts', { query: 'Café Noir.tar.gz', mode: 'exact' }, [1]],
        ['no exact name in another case', { query: 'ubuntu-24.04.iso', mode: 'exact' }, []],
        ['no exact part of a name', { query: 'Noir.tar.gz', mode: 'exact' }, []],
        ['nothing by an empty exact name', { query: '', mode: 'exact' }, []],
        ['beginnings of names and last parts', { query: 'MY_', mode: 'prefix' }, [2]],
        ['beginnings of whole names', { query: 'iso/c', mode: 'prefix' }, [1]],
        ['no other parts by prefix', { query: 'noir', mode: 'prefix' }, []],
        ['every name by an empty prefix', { query: '', mode: 'prefix' }, [0, 1, 2, 3, 4]],
        ['patterns over slashes', { query: '*/*.GZ', mode: 'glob' }, [1]],
        ['patterns on last parts', { query: 'my*', mode: 'glob' }, [2]],
        ['patterns with single characters', { query: 'a?b', mode: 'glob' }, [3]],
        ['patterns with brackets that stand for themselves', { query: '*[1]*', mode: 'glob' }, [2]],
        ['single characters of other scripts', { query: '??.jpg', mode: 'glob' }, [4]],
        ['nothing by a pattern that fits only a part', { query: 'bun?u', mode: 'glob' }, []],
        ['every name by a star', { query: '*', mode: 'glob' }, [0, 1, 2, 3, 4]],
        ['extensions', { extension: 'ISO' }, [0]],
        ['extensions of two parts', { extension: '.tar.gz' }, [1]],
        ['no ending without its dot', { extension: 'so' }, []],
        ['digests', { query: digestOf('a%b').slice(0, 9).toUpperCase(), mode: 'digest' }, [3]],
        ['digests with an extension', { query: digestOf('a%b'), mode: 'digest', extension: 'iso' }, []],
        ['sizes', { minSizeBytes: 100, maxSizeBytes: 100 }, [0, 1, 2, 3, 4]],
        ['no size below the least', { minSizeBytes: 101 }, []],
        ['no size above the most', { maxSizeBytes: 99 }, []],
      ])('%s', async (_what, terms, expected) => {
        expect(await find(terms)).toEqual(expected.map((index) => names[index]).sort());
      });

      test.each([
        "'",
        '" OR "',
        'a" NEAR b',
        'name_trigrams:x',
        '^abc',
        '(abc',
        'abc*',
        '{abc}',
        '\ud800abc',
        '%_%',
        "'; DROP TABLE names; --",
        '\\',
        `${'*a'.repeat(200)}b`,
        '\u{10ffff}\u{10ffff}\u{10ffff}',
      ])('nothing, and without harm, by %j', async (query) => {
        for (const mode of ['keywords', 'exact', 'prefix'] as const) expect(await find({ query, mode })).toEqual([]);
        await find({ query, mode: 'glob' });
        expect(await find({})).toHaveLength(names.length);
      });

      test.each(['"', '""', '???', '*?*?*'])('all names, as keywords that say nothing, by %j', async (query) => {
        expect(await find({ query })).toHaveLength(names.length);
        for (const mode of ['exact', 'prefix'] as const) expect(await find({ query, mode })).toEqual([]);
      });

      test('at most as many as are asked for, and says that there are more', async () => {
        const some = await catalog.findCandidates(planOf({}), now, 4, never);
        expect(some).toMatchObject({ truncated: true, candidates: { length: 4 } });
        expect(await catalog.findCandidates(planOf({}), now, 5, never)).toMatchObject({ truncated: false });
      });

      test('each file once, with how many hold it whole', async () => {
        await join('b', [entry(names[0] ?? ''), entry(names[3] ?? '', { partial: true })]);
        const { candidates } = await catalog.findCandidates(planOf({}), now, 100, never);
        const counts = new Map(candidates.map((candidate) => [candidate.name, candidate.wholeHolderCount]));
        expect(candidates).toHaveLength(names.length);
        expect([counts.get(names[0] ?? ''), counts.get(names[3] ?? ''), counts.get(names[1] ?? '')]).toEqual([2, 1, 1]);
      });
    });

    test('names of which many have the same last part are each found once', async () => {
      await catalog.close();
      catalog = await open({ ...quotas, maxPeers: 1, maxFilesPerPeer: 20_000, maxHoldings: 20_000 });
      const namesOf = (last: string, count: number) => Array.from({ length: count }, (_, index) => `${index}/${last}`);
      const before = namesOf('read', 3);
      const many = namesOf('readme', 11_000);
      const after = namesOf('readnow', 6_000);
      await join(
        'a',
        [...after, ...many, ...before, 'rear'].map((text) => entry(text)),
      );
      const all = [...before, ...many, ...after].sort();
      expect(await find({ query: 'readme', mode: 'exact' }, now, 20_000)).toEqual([...many].sort());
      expect(await find({ query: 'read', mode: 'prefix' }, now, 20_000)).toEqual(all);
      expect(await find({ query: 'read', mode: 'prefix', extension: 'iso' }, now, 20_000)).toEqual([]);
    });

    test('many queries together find what each finds alone, in steps, between which other work has its turn', async () => {
      await catalog.close();
      catalog = await open({ ...quotas, maxPeers: 1, maxFilesPerPeer: 30_000, maxHoldings: 30_000 });
      const popular = ['readme', 'Readme'].flatMap((last) =>
        Array.from({ length: 6_000 }, (_, index) => entry(`${last}/${index}/${last}`)),
      );
      const claims = Array.from({ length: 6_000 }, (_, index) => entry(`claim ${index}`, { content: 'made up' }));
      const own = Array.from({ length: 700 }, (_, index) => entry(`folder ${index % 9}/own ${index}`));
      await join('a', [...popular, ...claims, ...own]);
      const queries = own.flatMap(({ name, digest }, index): Partial<SearchTerms>[] => [
        { query: name, mode: 'exact' },
        { query: digest.slice(0, 8 + index), mode: 'digest' },
        { query: `own ${index}`, mode: 'exact' },
        { query: `unknown ${index}`, mode: 'exact' },
      ]);
      // Some that lead to more than one step looks at, and others that no B-tree answers alone.
      queries.splice(1_300, 0, { query: 'readme', mode: 'exact' }, { query: 'README', mode: 'exact' });
      queries.splice(700, 0, { query: digestOf('made up'), mode: 'digest' }, { query: 'own 69' });
      queries.splice(300, 0, { query: 'own 1', mode: 'exact', minSizeBytes: 101 }, { query: 'Readme', mode: 'exact' });
      const plans = queries.map(planOf);

      let turnCount = 0;
      let searching = true;
      const others = (async () => {
        for (; searching; turnCount += 1) await setImmediate();
      })();
      const together: FoundCandidates[] = [];
      while (together.length < plans.length) {
        const step = await catalog.findCandidatesOfEach(plans.slice(together.length), now, 6_001, never);
        expect(step.length).toBeGreaterThan(0);
        together.push(...step);
      }
      searching = false;
      await others;
      expect(turnCount).toBeGreaterThan(10);
      for (const [index, plan] of plans.entries()) {
        const alone = await catalog.findCandidates(plan, now, 6_001, never);
        expect([queries[index], sorted(together[index])]).toEqual([queries[index], sorted(alone)]);
      }
      expect(await catalog.findCandidatesOfEach([], now, 10, never)).toEqual([]);

      const caller = new AbortController();
      const search = catalog.findCandidatesOfEach(plans, now, 10, caller.signal);
      caller.abort(new Error('the caller has gone'));
      await expect(search).rejects.toThrow('the caller has gone');
    });

    test('a file that thousands hold has its best holders, and so have those that are asked for with it', async () => {
      await catalog.close();
      const peerCount = 5_500;
      catalog = await open({ ...quotas, maxPeers: peerCount, maxFilesPerPeer: 3, maxHoldings: 3 * peerCount });
      for (let number = 0; number < peerCount; number += 1) {
        const partial = number % 2 === 1;
        const list = [entry('everywhere', { partial, modifyMs: number })];
        if (number < 3) list.push(entry('before', { modifyMs: number }), entry('after', { partial }));
        await join(`${number}`, list, { joinMs: now - number, expireMs: now + ttl });
      }
      const report = { peerId: peerIdOf('0'), digest: digestOf('x'), piece: 0, reportMs: now, expireMs: now + 1 };
      await catalog.report({ ...report, caller: '1' });
      const files = await Promise.all(
        ['before', 'everywhere', 'after', 'everywhere'].map(async (query) => {
          const { candidates } = await catalog.findCandidates(planOf({ query, mode: 'exact' }), now, 10, never);
          return candidates[0]?.fileKey ?? -1;
        }),
      );
      const found = await catalog.findHolders(files, now, 2, never);
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

    test('a digest that many names claim is looked up in steps, between which other work has its turn', async () => {
      await catalog.close();
      catalog = await open({ ...quotas, maxPeers: 1, maxFilesPerPeer: 20_000, maxHoldings: 20_000 });
      const claimed = { content: 'made up' };
      const names = Array.from(
        { length: 12_000 },
        (_, index) => `claim ${index}.${index % 4_000 === 0 ? 'iso' : 'bin'}`,
      );
      await join('a', [...names.map((text) => entry(text, claimed)), entry('other.iso')]);
      const plan = planOf({ query: digestOf('made up'), mode: 'digest', extension: 'iso' });

      let turnCount = 0;
      let searching = true;
      const others = (async () => {
        for (; searching; turnCount += 1) await setImmediate();
      })();
      const { candidates, truncated } = await catalog.findCandidates(plan, now, 100, never);
      searching = false;
      await others;
      expect(candidates.map((candidate) => candidate.name).sort()).toEqual([
        'claim 0.iso',
        'claim 4000.iso',
        'claim 8000.iso',
      ]);
      expect(truncated).toBe(false);
      expect(turnCount).toBeGreaterThan(1);

      const caller = new AbortController();
      const search = catalog.findCandidates(plan, now, 100, caller.signal);
      caller.abort(new Error('the caller has gone'));
      await expect(search).rejects.toThrow('the caller has gone');
    });

    describe('a list with a fingerprint', () => {
      const fingerprint = new Uint8Array([1, 2, 3]);
      const list = (peerKey: number, entries: ListEntry[], its = fingerprint) =>
        catalog.change(peerKey, [], entries, now, its);
      const joinAgain = (replaces: number | undefined, its: Uint8Array, joinMs = now) =>
        catalog.join(peer('a', { joinMs, expireMs: joinMs + ttl, port: 2 }), [entry('new')], replaces, its);

      test('is kept when its peer joins again with it, also when its lease was over', async () => {
        const peerKey = await join('a', [entry('x')]);
        await list(peerKey, [entry('y')]);
        const kept = { kind: 'joined', peerKey, takenFileCount: 0, listKept: true, entryCount: 2 };
        expect(await joinAgain(peerKey, fingerprint)).toEqual(kept);
        expect(await find({})).toEqual(['x', 'y']);
        expect(await catalog.findPeer(peerIdOf('a'), now)).toMatchObject({ port: 2, fileCount: 2 });
        await catalog.retire(peerKey, now);
        expect(await find({})).toEqual([]);
        expect(await joinAgain(undefined, fingerprint)).toEqual(kept);
        expect(await find({})).toEqual(['x', 'y']);
        expect(await joinAgain(undefined, fingerprint, now + 2 * ttl)).toEqual(kept);
        expect(await catalog.stats(now + 2 * ttl)).toMatchObject({ peerCount: 1, holdingCount: 2, fileCount: 2 });
      });

      test('is replaced when the peer gives another one, and without its lease refused', async () => {
        const peerKey = await join('a', [entry('x')]);
        await list(peerKey, [entry('y')]);
        expect(await joinAgain(undefined, fingerprint)).toEqual({ kind: 'held' });
        expect(await joinAgain(peerKey, new Uint8Array([1, 2]))).toMatchObject({ listKept: false, entryCount: 1 });
        expect(await find({})).toEqual(['new']);
      });

      test('has none after a change without, or one that was not taken as a whole', async () => {
        const peerKey = await join('a', []);
        await list(peerKey, [entry('x')]);
        await catalog.change(peerKey, ['x'], [], now);
        expect(await joinAgain(peerKey, fingerprint)).toMatchObject({ listKept: false });
        const again = await join('b', []);
        await list(
          again,
          [1, 2, 3, 4, 5, 6].map((number) => entry(`${number}`)),
        );
        const outcome = await catalog.join(peer('b'), [], again, fingerprint);
        expect(outcome).toMatchObject({ listKept: false });
      });

      test('waits to be cleared, and is no more once that has begun', async () => {
        const peerKey = await join('a', [entry('x')]);
        await list(peerKey, [entry('y')]);
        await catalog.retire(peerKey, now);
        expect(await catalog.clearRetired(1, now - 1)).toBe(0);
        expect(await catalog.clearRetired(1, now)).toBe(1);
        expect(await joinAgain(undefined, fingerprint)).toMatchObject({ listKept: false });
      });

      test('makes room when more than half of all entries are taken', async () => {
        const peerKey = await join('a', [entry('x')]);
        await list(
          peerKey,
          ['1', '2', '3', '4'].map((name) => entry(name)),
        );
        await catalog.retire(peerKey, now);
        expect(await catalog.clearRetired(10, now - 1)).toBeGreaterThan(0);
      });
    });

    describe('the log of changes', () => {
      const eventsAfter = async (position: number): Promise<unknown[]> => {
        const { changes } = await catalog.changesAfter(position);
        return (changes ?? []).map(({ peerId, event, changeMs }) => [peerId, event, changeMs]);
      };

      test('tells what happened, in its order, and where it ends', async () => {
        const { position: start, logId } = await catalog.changeLogEnd();
        const folder = { fileCount: 2, totalSizeBytes: 7 };
        const peerKey = await join('a', [entry('x'), entry('dir', { folder })]);
        const added = [entry('x', { content: 'new' }), entry('y', { partial: true, modifyMs: undefined })];
        await catalog.change(peerKey, ['dir', 'unknown'], added, now + 1);
        await join('b', [], { expireMs: now + 2 });
        await catalog.retireExpired(now + 5, 10);
        await catalog.retire(peerKey, now + 6);
        const digest = digestOf('dir');
        expect(await eventsAfter(start)).toEqual([
          [peerIdOf('a'), { kind: 'joined', host: 'host', port: 1, shareName: 'a', listKept: false }, now],
          [peerIdOf('a'), { kind: 'listed', added: [entry('x'), entry('dir', { folder })], removed: [] }, now],
          [
            peerIdOf('a'),
            { kind: 'listed', added: [], removed: [{ name: 'dir', digest, sizeBytes: 100, folder }] },
            now + 1,
          ],
          [peerIdOf('a'), { kind: 'listed', added, removed: [] }, now + 1],
          [peerIdOf('b'), { kind: 'joined', host: 'host', port: 1, shareName: 'b', listKept: false }, now],
          [peerIdOf('b'), { kind: 'left', expired: true }, now + 5],
          [peerIdOf('a'), { kind: 'left', expired: false }, now + 6],
        ]);
        const end = await catalog.changeLogEnd();
        expect(end.logId).toBe(logId);
        expect(end.position).toBeGreaterThan(start);
        expect(await eventsAfter(end.position)).toEqual([]);
      });

      test('tells of no entry that stays as it was, of no renewal, and of nothing that was refused', async () => {
        const peerKey = await join('a', [entry('x'), entry('y')]);
        const { position } = await catalog.changeLogEnd();
        await catalog.change(peerKey, [], [entry('x', { modifyMs: 5 })], now);
        await catalog.renew(peerKey, now, now + ttl);
        await catalog.join(peer('a'), [entry('z')], undefined);
        await catalog.clearRetired(100);
        expect(await eventsAfter(position)).toEqual([]);
        await catalog.change(peerKey, [], [entry('x', { partial: true })], now);
        expect(await eventsAfter(position)).toHaveLength(1);
      });

      test('cuts long lists into parts', async () => {
        await catalog.close();
        catalog = await open({ ...quotas, maxPeers: 1, maxFilesPerPeer: 20_000, maxHoldings: 20_000 });
        await catalog.resume(now, ttl);
        const names = Array.from({ length: 2_500 }, (_, number) => `${number}`);
        const { position } = await catalog.changeLogEnd();
        const peerKey = await join(
          'a',
          names.map((name) => entry(name)),
        );
        await catalog.change(peerKey, names.slice(0, 1_200), [], now);
        const { changes = [] } = await catalog.changesAfter(position);
        const counts = changes.map(({ event }) =>
          event.kind === 'listed' ? [event.added.length, event.removed.length] : event.kind,
        );
        expect(counts).toEqual(['joined', [1_000, 0], [1_000, 0], [500, 0], [0, 1_000], [0, 200]]);
      });

      test('keeps changes for an hour, and says when they are gone', async () => {
        const { position: start } = await catalog.changeLogEnd();
        await join('a', []);
        const { position: middle } = await catalog.changeLogEnd();
        await join('b', [], { joinMs: now + 3_600_000, expireMs: now + 3_700_000 });
        expect(await catalog.trimChanges(now + 3_599_999)).toBe(false);
        expect(await catalog.trimChanges(now + 3_600_000)).toBe(true);
        expect(await catalog.trimChanges(now + 3_600_000)).toBe(false);
        expect((await catalog.changesAfter(start)).changes).toBeUndefined();
        expect(await eventsAfter(middle)).toHaveLength(1);
      });

      test('wakes who listens, until they do no more', async () => {
        let woken = 0;
        const stop = await catalog.onChanges(() => {
          woken += 1;
        });
        await join('a', [entry('x')]);
        await until('the listener is woken', () => woken > 0);
        await stop();
        const before = woken;
        await join('b', []);
        await setImmediate();
        expect(woken).toBe(before);
      });
    });

    test('leases stand still while no index runs, and dead ones stay dead', async () => {
      await join('a', [], { expireMs: now + 5_000 });
      await join('b', [], { expireMs: now + 100 });
      await catalog.heartbeat(now + 1_000);
      await catalog.resume(now + 61_000, ttl);
      expect(await catalog.findPeer(peerIdOf('b'), now + 61_000)).toBeUndefined();
      expect(await catalog.findPeer(peerIdOf('a'), now + 61_000)).toMatchObject({ expireMs: now + 65_000 });
    });

    test('no lease is longer than the TTL after a restart, also when the clock was set back', async () => {
      await join('a', [], { expireMs: now + 20_000 });
      await catalog.heartbeat(now);
      await catalog.resume(now - 3_600_000, ttl);
      expect(await catalog.nextExpiryMs()).toBe(now - 3_600_000 + ttl);
    });

    test('a user has another role once it is given one, and none when it was revoked', async () => {
      const role = async (user: string) => (await catalog.findUser(user))?.role;
      expect(await catalog.addUser({ user: 'ana', role: 'reader' }, Buffer.alloc(32, 'a'), now)).toBe(true);
      expect(await catalog.addUser({ user: 'ana', role: 'admin' }, Buffer.alloc(32, 'b'), now)).toBe(false);
      expect(await role('ana')).toBe('reader');
      expect(await catalog.changeRole('ana', 'member')).toBe(true);
      expect(await catalog.changeRole('ana', 'member')).toBe(true);
      expect(await role('ana')).toBe('member');
      expect(await catalog.changeRole('bia', 'member')).toBe(false);
      expect(await catalog.revokeUser('ana', now)).toBe(true);
      expect(await catalog.changeRole('ana', 'admin')).toBe(false);
      expect(await catalog.findUser('ana')).toMatchObject({ role: 'member', revokeMs: now });
    });
  });
}

function peer(label: string, more: Partial<PeerInit> = {}): PeerInit {
  const secretHash = Buffer.alloc(32, label);
  const usual = { host: 'host', port: 1, shareName: label, secretHash: new Uint8Array(secretHash) };
  return { peerId: peerIdOf(label), joinMs: now, expireMs: now + ttl, ...usual, ...more };
}

function entry(name: string, more: Partial<ListEntry> & { content?: string } = {}): ListEntry {
  const { content = name, ...rest } = more;
  return { name, sizeBytes: 100, digest: digestOf(content), modifyMs: 1, partial: false, ...rest };
}

/** What was found, in an order of its own. */
function sorted(found: FoundCandidates | undefined): unknown {
  return { ...found, candidates: found?.candidates.toSorted((a, b) => a.fileKey - b.fileKey) };
}

function planOf(terms: Partial<SearchTerms>) {
  return parseQuery({
    query: '',
    mode: 'keywords',
    extension: '',
    includeFolders: false,
    minSizeBytes: 0,
    maxSizeBytes: 0,
    ...terms,
  }).candidates;
}
