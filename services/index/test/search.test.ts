import { join } from 'node:path';
import type { SearchQuery } from '@cardume/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { collect } from './support/collect.ts';
import { digestOf, joinInput, listed, peerIdOf } from './support/listed.ts';
import { startTestIndex, type TestIndex } from './support/test-index.ts';

const folder = temporaryFolder();
let cardume: TestIndex;
beforeAll(async () => {
  // In a file, so that threads search it, as they do in use.
  cardume = await startTestIndex({ database: `sqlite:${join(folder, 'index.db')}` });
});
afterAll(async () => {
  await cardume[Symbol.asyncDispose]();
});

/** Joins a peer for one test. */
async function withPeer(files: Parameters<typeof joinInput>[0], label: string): Promise<AsyncDisposable> {
  const lease = await cardume.index.join(joinInput(files, { peerId: peerIdOf(label) }));
  return { [Symbol.asyncDispose]: () => cardume.index.leave(lease) };
}

async function namesOf(query: SearchQuery): Promise<string[]> {
  return (await cardume.index.search(query)).hits.map(({ name }) => name);
}

test('every match mode finds what it says', async () => {
  await using _ = await withPeer([listed('isos/Ubuntu-24.04.iso'), listed('Über uns.txt')], 'a');
  const ubuntu = ['isos/Ubuntu-24.04.iso'];
  expect(await namesOf({ query: 'ubuntu 24.04' })).toEqual(ubuntu);
  expect(await namesOf({ query: 'UBER -ubuntu' })).toEqual(['Über uns.txt']);
  expect(await namesOf({ query: 'Ubuntu-24.04.iso', mode: 'exact' })).toEqual(ubuntu);
  expect(await namesOf({ query: 'ubuntu-24.04.iso', mode: 'exact' })).toEqual([]);
  expect(await namesOf({ query: 'ubuntu-', mode: 'prefix' })).toEqual(ubuntu);
  expect(await namesOf({ query: 'u*.iso', mode: 'glob' })).toEqual(ubuntu);
  expect(await namesOf({ query: digestOf(ubuntu[0] ?? '').slice(0, 8), mode: 'digest' })).toEqual(ubuntu);
  expect(await namesOf({ query: '', extension: 'txt' })).toEqual(['Über uns.txt']);
  expect(await namesOf({ query: '', minSizeBytes: 101 })).toEqual([]);
});

describe('keywords', () => {
  const small = 'films/Old One.mkv';
  const files: [string, number][] = [
    [small, 1_000],
    ['films/new one.mp4', 2_000_000],
    ['films/one more.iso', 3_000_000_000],
    ['notes about one.txt', 5],
    ['a*b one?.bin', 7],
  ];
  let peer: AsyncDisposable;
  beforeAll(async () => {
    peer = await withPeer(
      files.map(([name, sizeBytes]) => ({ ...listed(name), sizeBytes })),
      'filters',
    );
  });
  afterAll(async () => {
    await peer[Symbol.asyncDispose]();
  });

  test.each<[string, string[]]>([
    ['one "old one"', [small]],
    ['one -"old one" films', ['films/new one.mp4', 'films/one more.iso']],
    ['ext:mkv,mp4', [small, 'films/new one.mp4']],
    ['one ext:iso', ['films/one more.iso']],
    ['one -ext:iso,mkv,mp4 -ext:bin', ['notes about one.txt']],
    ['size:>1M', ['films/new one.mp4', 'films/one more.iso']],
    ['one size:1kB..2MB', [small, 'films/new one.mp4']],
    ['one size:>1M size:<2GB', ['films/new one.mp4']],
    ['size:<0', []],
    ['f*one.m?4', ['films/new one.mp4']],
    ['films*one -*.mkv', ['films/new one.mp4', 'films/one more.iso']],
    ['"a*b" "one?"', ['a*b one?.bin']],
    [`digest:${digestOf(small).slice(0, 10).toUpperCase()}`, [small]],
    [`digest:${digestOf(small).slice(0, 10)} old`, [small]],
    [`digest:${digestOf(small).slice(0, 10)} new`, []],
    [`digest:${digestOf(small).slice(0, 10)} size:>1M`, []],
  ])('%s', async (query, names) => {
    expect((await namesOf({ query })).toSorted()).toEqual(names.toSorted());
  });

  test('together with the filters of the request find what both let through', async () => {
    expect(await namesOf({ query: 'size:>1M', maxSizeBytes: 2_000_000 })).toEqual(['films/new one.mp4']);
    expect(await namesOf({ query: 'ext:mkv,mp4', extension: 'mkv' })).toEqual([small]);
  });
});

test('hits are ranked by how well the name fits, then by how many peers hold the file whole', async () => {
  const names = ['linux', 'a/linux', 'x linux 1', 'x linux 2', 'linuxes', 'unlinux'];
  await using _a = await withPeer(
    names.map((name) => listed(name)),
    'a',
  );
  await using _b = await withPeer([listed('x linux 2'), listed('x linux 1', { partial: true })], 'b');
  expect(await namesOf({ query: 'linux' })).toEqual([
    'linux',
    'a/linux',
    'x linux 2',
    'x linux 1',
    'linuxes',
    'unlinux',
  ]);
  const hit = (await cardume.index.search({ query: 'x linux 1', mode: 'exact' })).hits[0];
  expect(hit).toMatchObject({ holderCount: 1, holders: [{ partial: false }, { partial: true }] });
});

test('the same name with two contents is two hits', async () => {
  await using _a = await withPeer([listed('readme', { content: '1' })], 'a');
  await using _b = await withPeer([listed('readme', { content: '2' })], 'b');
  const { hits } = await cardume.index.search({ query: 'readme' });
  expect(hits.map(({ digest }) => digest)).toEqual([digestOf('1'), digestOf('2')].sort());
});

test('a hit names at most 50 holders, and counts all', async () => {
  const leases = await Promise.all(
    Array.from({ length: 60 }, (_, index) => cardume.index.join(joinInput([listed('popular')], { port: index + 1 }))),
  );
  const hit = (await cardume.index.search({ query: 'popular' })).hits[0];
  expect(hit?.holders).toHaveLength(50);
  expect(hit?.holderCount).toBe(60);
  await Promise.all(leases.map((lease) => cardume.index.leave(lease)));
});

describe('pages', () => {
  test('give 1,234 hits without loss or double, in order, whatever comes and goes behind them', async () => {
    const names = Array.from({ length: 1_234 }, (_, index) => `page file ${String(index).padStart(4, '0')}`);
    await using _ = await withPeer(
      names.map((name) => listed(name)),
      'a',
    );
    const found: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await cardume.index.search({ query: 'page file', pageSize: 100, ...(pageToken && { pageToken }) });
      found.push(...page.hits.map(({ name }) => name));
      pageToken = page.nextPageToken;
      // A page is found by where the one before ended, so that what changes before it moves nothing.
      const early = await cardume.index.join(joinInput([listed('page file')]));
      if (found.length % 200 === 0) await cardume.index.leave(early);
    } while (pageToken !== undefined);
    expect(found).toEqual(names);
    for (const { peerId } of await collect(cardume.index.listPeers())) expect(peerId).toHaveLength(64);
  });

  test('have 50 hits by default, and at most 500', async () => {
    await using _ = await withPeer(
      Array.from({ length: 600 }, (_, index) => listed(`sized ${index}`)),
      'a',
    );
    expect((await cardume.index.search({ query: 'sized' })).hits).toHaveLength(50);
    expect((await cardume.index.search({ query: 'sized', pageSize: 7 })).hits).toHaveLength(7);
    expect((await cardume.index.search({ query: 'sized', pageSize: 10_000 })).hits).toHaveLength(500);
    const whole = await cardume.index.search({ query: 'sized 59', pageSize: 500 });
    expect(whole.nextPageToken).toBeUndefined();
  });

  test('of peers are in the order of ids', async () => {
    const leases = await Promise.all(Array.from({ length: 7 }, () => cardume.index.join(joinInput([]))));
    const found: string[] = [];
    let pageToken = '';
    do {
      const page = await cardume.raw.listPeers({ pageSize: 2, pageToken });
      expect(page.peers.length).toBeLessThanOrEqual(2);
      found.push(...page.peers.map(({ peerId }) => peerId));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(found).toEqual([...found].sort());
    expect(found).toEqual(expect.arrayContaining(leases.map(({ peerId }) => peerId)));
    expect((await cardume.raw.listPeers({ pageSize: 500 })).nextPageToken).toBe('');
  });

  test('are not given for a token that is broken, or of another request', async () => {
    await using _ = await withPeer([listed('token 1'), listed('token 2'), listed('token 3')], 'a');
    const query = { query: 'token', pageSize: 1 };
    const { nextPageToken: token = '' } = await cardume.index.search(query);
    const { nextPageToken: peersToken } = await cardume.raw.listPeers({ pageSize: 1 });
    for (const request of [
      { ...query, pageToken: token.slice(0, -1) },
      { ...query, pageToken: `${token}A` },
      { ...query, pageToken: token.toLowerCase() },
      { ...query, pageToken: 'x' },
      { ...query, pageToken: peersToken },
      { ...query, query: 'other', pageToken: token },
      { ...query, extension: 'txt', pageToken: token },
      { ...query, minSizeBytes: 1, pageToken: token },
      { ...query, mode: 'glob' as const, pageToken: token },
    ]) {
      const error = await failureOf(() => cardume.index.search(request));
      expect([error.code, error.reason]).toEqual(['INVALID_ARGUMENT', 'PAGE_TOKEN_INVALID']);
    }
    const error = await failureOf(() => cardume.raw.listPeers({ pageToken: token }));
    expect(error.reason).toBe('PAGE_TOKEN_INVALID');
  });

  test('may have another size from one to the next', async () => {
    await using _ = await withPeer([listed('size 1'), listed('size 2'), listed('size 3')], 'a');
    const { nextPageToken: pageToken } = await cardume.index.search({ query: 'size', pageSize: 1 });
    const { hits } = await cardume.index.search({ query: 'size', pageSize: 2, ...(pageToken && { pageToken }) });
    expect(hits.map(({ name }) => name)).toEqual(['size 2', 'size 3']);
  });
});

test('a query out of its bounds is refused, and the field is named', async () => {
  for (const [field, request] of [
    ['query', { query: 'x'.repeat(513) }],
    ['query', { query: 'x '.repeat(17) }],
    ['query', { query: 'a\0' }],
    ['query', { query: 'short', matchMode: 5 }],
    ['match_mode', { matchMode: 99 as 0 }],
    ['extension', { extension: 'x'.repeat(33) }],
    ['min_size_bytes', { minSizeBytes: -1 }],
    ['max_size_bytes', { maxSizeBytes: -1 }],
    ['page_size', { pageSize: -1 }],
  ] as const) {
    const error = await failureOf(() => cardume.raw.search(request));
    expect([error.code, error.metadata]).toEqual(['INVALID_ARGUMENT', { field }]);
  }
  expect((await failureOf(() => cardume.raw.listPeers({ pageSize: -1 }))).metadata).toEqual({ field: 'page_size' });
});

test('more matches than are ranked are cut, which is said, and the exact name is still first', async () => {
  const many = (count: number) => Array.from({ length: 10_000 }, (_, index) => listed(`${count} common ${index}`));
  const lease = await cardume.index.join(joinInput(many(1)));
  await cardume.index.publish(lease, [{ added: many(2) }, { added: [listed('common')] }]);
  const page = await cardume.index.search({ query: 'common' });
  expect(page.truncated).toBe(true);
  expect(page.hits[0]?.name).toBe('common');
  expect((await cardume.index.search({ query: 'common 777' })).truncated).toBe(false);
  await cardume.index.leave(lease);
});
