import type { Hit } from '@cardume/client';
import { type LookupRequest, LookupResponse } from '@cardume/proto/index/v1';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { openSqliteCatalog } from '../src/adapters/sqlite/open-sqlite-catalog.ts';
import type { Catalog } from '../src/core/catalog.ts';
import { maxLookupBytes } from '../src/core/limits.ts';
import { handleLookup } from '../src/handlers/lookup.ts';
import { collect } from './support/collect.ts';
import { digestOf, joinInput, listed, peerIdOf } from './support/listed.ts';
import { startTestIndex, type TestIndex } from './support/test-index.ts';

const never = new AbortController().signal;

describe('a Lookup', () => {
  let cardume: TestIndex;
  beforeAll(async () => {
    cardume = await startTestIndex();
  });
  afterAll(async () => {
    await cardume[Symbol.asyncDispose]();
  });

  const lookUp = (queries: string[]): Promise<Hit[][]> => collect(cardume.index.lookup(queries));
  const namesOf = async (queries: string[]): Promise<string[][]> =>
    (await lookUp(queries)).map((hits) => hits.map(({ name }) => name));

  /** Joins a peer for one test. */
  async function withPeer(files: Parameters<typeof joinInput>[0], label: string): Promise<AsyncDisposable> {
    const lease = await cardume.index.join(joinInput(files, { peerId: peerIdOf(label) }));
    return { [Symbol.asyncDispose]: () => cardume.index.leave(lease) };
  }

  test('finds whole names, last parts, digests and beginnings of digests, in the order of the queries', async () => {
    await using _ = await withPeer(
      [listed('isos/Ubuntu.iso'), listed('Caf\u00e9.txt'), listed('other/Ubuntu.iso')],
      'a',
    );
    const digest = digestOf('Caf\u00e9.txt');
    const found = await namesOf([
      'Ubuntu.iso',
      digest,
      'nobody has this',
      'isos/Ubuntu.iso',
      digest.slice(0, 8).toUpperCase(),
      'Cafe\u0301.txt',
      'ubuntu.iso',
      digest.toUpperCase(),
      'Ubuntu.iso',
      digest.slice(0, 7),
    ]);
    const cafe = ['Caf\u00e9.txt'];
    const both = ['isos/Ubuntu.iso', 'other/Ubuntu.iso'];
    expect(found).toEqual([both, cafe, [], ['isos/Ubuntu.iso'], cafe, cafe, [], cafe, both, []]);
  });

  test('takes eight hex digits for a name before it takes them for a digest, and a whole digest the other way', async () => {
    const digest = digestOf('content');
    const file = listed('named', { content: 'content' });
    const short = listed(digest.slice(0, 8));
    const long = listed(digest);
    await using _a = await withPeer([file], 'a');
    {
      await using _b = await withPeer([short, long], 'b');
      expect(await namesOf([digest.slice(0, 8), digest])).toEqual([[short.name], [file.name]]);
      expect(await namesOf([digestOf(short.name).slice(0, 9)])).toEqual([[short.name]]);
    }
    expect(await namesOf([digest.slice(0, 8), digest])).toEqual([[file.name], [file.name]]);
    await using _c = await withPeer([long], 'c');
    expect(await namesOf([digestOf('none'), digest])).toEqual([[], [file.name]]);
  });

  test('takes a whole digest for a name when no file has it', async () => {
    const name = digestOf('of nothing that is shared');
    await using _ = await withPeer([listed(`folder/${name}`)], 'a');
    expect(await namesOf([name, 'x', name.slice(0, 63)])).toEqual([[`folder/${name}`], [], []]);
  });

  test('gives for each query the first page of a Search with 100 hits: same files, same holders, same order', async () => {
    const names = Array.from({ length: 130 }, (_, index) => `${index % 3}/${index}/same`);
    const partial = (name: string) => listed(name, { partial: true, modifyTime: new Date(1_800_000_000_000) });
    await using _a = await withPeer([...names.map((name) => listed(name)), listed('same')], 'a');
    await using _b = await withPeer([...names.slice(50, 120).map((name) => listed(name)), partial('1/1/same')], 'b');
    await using _c = await withPeer(names.slice(100).map(partial), 'c');
    const popular = await Promise.all(
      Array.from({ length: 60 }, (_, index) => cardume.index.join(joinInput([listed('popular')], { port: index + 1 }))),
    );
    const queries = ['same', '1/1/same', 'popular', '0/120/same', 'none'];
    const results = await lookUp(queries);
    expect(results.map((hits) => hits.length)).toEqual([100, 1, 1, 1, 0]);
    expect(results[2]?.[0]).toMatchObject({ holders: { length: 50 }, holderCount: 60 });
    for (const [index, query] of queries.entries()) {
      const page = await cardume.index.search({ query, mode: 'exact', pageSize: 100 });
      expect(withoutAges(results[index] ?? [])).toEqual(withoutAges(page.hits));
    }
    await Promise.all(popular.map((lease) => cardume.index.leave(lease)));
  });

  test('finds nothing of a peer that has left', async () => {
    {
      await using _ = await withPeer([listed('gone')], 'a');
      expect(await namesOf(['gone', digestOf('gone')])).toEqual([['gone'], ['gone']]);
    }
    expect(await namesOf(['gone', digestOf('gone')])).toEqual([[], []]);
  });

  test('takes 1,000 queries of 512 bytes, and finds the files of all of them', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `${'\u00e9'.repeat(120)}/${'y'.repeat(250)}/${index}`);
    await using _ = await withPeer(
      names.map((name) => listed(name)),
      'a',
    );
    expect(await namesOf(names)).toEqual(names.map((name) => [name]));
    const longest = 'x'.repeat(512);
    expect(await namesOf(Array.from({ length: 1_000 }, () => longest))).toEqual(names.map(() => []));
  });

  test('is refused with a query out of its bounds, which is named', async () => {
    for (const [field, queries] of [
      ['queries', []],
      ['queries', Array.from({ length: 1_001 }, () => 'x')],
      ['queries[1]', ['x', '']],
      ['queries[2]', ['x', 'y', 'x'.repeat(513)]],
      ['queries[0]', ['\u00e9'.repeat(257), '']],
      ['queries[1]', ['x\ty', 'x\u0000']],
    ] as const) {
      const error = await failureOf(() => cardume.raw.lookup({ queries: [...queries] }));
      expect([error.code, error.reason, error.metadata]).toEqual(['INVALID_ARGUMENT', 'INVALID_FIELD', { field }]);
    }
  });
});

describe('a Lookup on a catalog', () => {
  // On the catalog, since an index would look long hosts up, and its clock cannot be set.
  const now = 1_700_000_000_000;
  let catalog: Catalog;
  const join = async (label: string, host: string, names: readonly string[]): Promise<void> => {
    const entries = names.map((name) => ({ ...listed(name), modifyMs: now, partial: true }));
    const lease = { peerId: peerIdOf(label), joinMs: now - 12_345, expireMs: now + 60_000 };
    const peer = { host, port: 65_535, shareName: '', secretHash: new Uint8Array(32), ...lease };
    await catalog.join(peer, entries, undefined);
  };
  const handle = (queries: string[], nowMs: () => number = () => now): Promise<LookupResponse> =>
    handleLookup(catalog, { queries, includeFolders: false } satisfies LookupRequest, nowMs, never);
  beforeAll(() => {
    catalog = openSqliteCatalog({ file: ':memory:' });
  });
  afterAll(() => catalog.close());

  test.each([
    ['long hosts', `${`${'h'.repeat(62)}.`.repeat(4)}x`],
    ['hosts of a letter', 'h'],
  ])(
    'ends early before the response is too large, with %s; asked again for the rest it has every hit',
    async (what, host) => {
      const single = Array.from({ length: 900 }, (_, index) => `${what} ${index}`);
      const same = Array.from({ length: 120 }, (_, index) => `${index}/${what}`);
      for (let count = 0; count < 50; count += 1) await join(`${what} ${count}`, host, [...single, ...same]);
      const queries = [...single, what, what, what, ...single.slice(0, 20)];

      const results: LookupResponse['results'] = [];
      const sizes: number[] = [];
      while (results.length < queries.length) {
        const response = await handle(queries.slice(results.length, results.length + 1_000));
        expect(response.results.length).toBeGreaterThan(0);
        results.push(...response.results);
        sizes.push(LookupResponse.encode(response).finish().length);
      }
      expect(sizes.length).toBeGreaterThan(1);
      // Clients take 4 MiB. All but the last is about full: what did not fit any more is at most the page of one query.
      expect(Math.max(...sizes)).toBeLessThan(1.6 * maxLookupBytes);
      expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(0.4 * maxLookupBytes);
      expect(results.every(({ hits }) => hits.every(({ holders }) => holders.length === 50))).toBe(true);
      expect(results.slice(0, 900).map(({ hits }) => hits[0]?.name)).toEqual(single);
      const popular = results.slice(900, 903).map(({ hits }) => hits.length);
      expect(new Set(popular).size).toBe(1);
      expect(popular[0]).toBeGreaterThan(50);
      expect(results.slice(903).map(({ hits }) => hits[0]?.name)).toEqual(single.slice(0, 20));
    },
  );

  test('ends early when it takes longer than a second, but not before its first result', async () => {
    await join('quick', 'h', ['here']);
    const late = () => {
      let readings = 0;
      return () => now + 1_000 * readings++;
    };
    const queries = Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? 'here' : `unknown ${index}`));
    const { results } = await handle(queries, late());
    expect(results.length).toBeGreaterThan(0);
    expect(results.length).toBeLessThan(500);
    expect(results.map(({ hits }) => hits.length)).toEqual(results.map((_, index) => (index % 2 === 0 ? 1 : 0)));
    // Eight hex digits are two lookups: the time is over after the first one, and nothing has been answered yet.
    expect((await handle(['cafecafe'], late())).results).toEqual([{ hits: [] }]);
    expect((await handle(queries, () => now)).results).toHaveLength(1_000);
  });

  test('ends when its caller has gone', async () => {
    const caller = new AbortController();
    const queries = Array.from({ length: 1_000 }, (_, index) => `unknown ${index}`);
    const lookup = handleLookup(catalog, { queries, includeFolders: false }, () => now, caller.signal);
    caller.abort(new Error('the caller has gone'));
    await expect(lookup).rejects.toThrow('the caller has gone');
  });
});

/** How long ago a holder renewed differs from one call to the next. */
function withoutAges(hits: readonly Hit[]): Hit[] {
  return hits.map((hit) => ({ ...hit, holders: hit.holders.map((holder) => ({ ...holder, renewalAgeMs: 0 })) }));
}
