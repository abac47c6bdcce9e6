import { SearchRequest, SearchResponse } from '@cardume/proto/index/v1';
import { expect, test } from '@jest/globals';
import { searchInCatalog } from '../src/adapters/search-in-catalog.ts';
import { openSqliteCatalog } from '../src/adapters/sqlite/open-sqlite-catalog.ts';
import { maxPageBytes } from '../src/core/limits.ts';
import { handleSearch } from '../src/handlers/search.ts';
import { digestOf, peerIdOf } from './support/listed.ts';

// On the catalog, since an index would look these hosts up.
const longHost = `${`${'h'.repeat(62)}.`.repeat(4)}x`;

test('however long the hosts of its holders are, a page stays small, and pages together have every hit', async () => {
  const catalog = openSqliteCatalog({ file: ':memory:' });
  const names = Array.from({ length: 300 }, (_, index) => `wanted ${String(index).padStart(3, '0')}`);
  const entries = names.map((name) => ({
    name,
    sizeBytes: 2 ** 44,
    digest: digestOf(name),
    modifyMs: 1_700_000_000_001,
    partial: true,
  }));
  const nowMs = 1_700_000_000_000;
  const peer = { host: longHost, port: 65_535, shareName: '', secretHash: new Uint8Array(32) };
  for (let count = 0; count < 50; count += 1) {
    const lease = { peerId: peerIdOf(`${count}`), joinMs: nowMs - 12_345, expireMs: nowMs + 1 };
    await catalog.join({ ...peer, ...lease }, entries, undefined);
  }

  const found: string[] = [];
  let pageCount = 0;
  let pageToken = '';
  do {
    const request = SearchRequest.fromPartial({ query: 'wanted', pageSize: 500, pageToken });
    const page = await handleSearch(searchInCatalog(catalog), request, undefined, nowMs, new AbortController().signal);
    expect(page.hits.every(({ holders }) => holders.length === 50)).toBe(true);
    // What the bound does not count, such as ports and ages, is some 30 bytes a holder.
    expect(SearchResponse.encode(page).finish().length).toBeLessThan(1.5 * maxPageBytes);
    found.push(...page.hits.map(({ name }) => name));
    pageCount += 1;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  expect(found).toEqual(names);
  expect(pageCount).toBe(Math.ceil(300 / Math.floor(maxPageBytes / (10 + 64 + 50 * (64 + 253)))));
  await catalog.close();
});
