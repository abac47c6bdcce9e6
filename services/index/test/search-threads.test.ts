import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CardumeError, messageOf } from '@cardume/client';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { searchInCatalog } from '../src/adapters/search-in-catalog.ts';
import { openSqliteCatalog } from '../src/adapters/sqlite/open-sqlite-catalog.ts';
import { SearchThreads } from '../src/adapters/sqlite/search-threads.ts';
import type { Catalog } from '../src/core/catalog.ts';
import type { FoundPage, SearchRequest } from '../src/core/search/search-files.ts';
import type { Searcher } from '../src/core/search/searcher.ts';
import { digestOf, peerIdOf } from './support/listed.ts';
import { entry, joined, never, now, peer } from './support/tested-catalog.ts';

const folder = temporaryFolder();
let fileCount = 0;

let file: string;
let catalog: Catalog;
let here: Searcher;
let threads: SearchThreads;
let failures: unknown[];

function start(at: string, restartAfterMs?: number): void {
  failures = [];
  const onFailure = (error: unknown): void => void failures.push(error);
  threads = new SearchThreads({
    file: at,
    catalog,
    onFailure,
    ...(restartAfterMs === undefined ? {} : { restartAfterMs }),
  });
}

beforeEach(() => {
  file = join(folder, `${fileCount++}.db`);
  catalog = openSqliteCatalog({ file });
  here = searchInCatalog(catalog);
  start(file);
});
afterEach(async () => {
  await threads.stop();
  await catalog.close();
});

/** Joins a peer that lists names, for everybody or for some users. */
async function list(label: string, names: readonly string[], allowedUsers: readonly string[] = []): Promise<void> {
  const peer = { peerId: peerIdOf(label), host: 'host', port: 1, shareName: label, secretHash: new Uint8Array(32) };
  const entries = names.map((name, at) => ({
    name,
    sizeBytes: name.length,
    digest: digestOf(name),
    modifyMs: at,
    partial: false,
    ...(name.endsWith('/') ? { folder: { fileCount: 2, totalSizeBytes: 3 } } : {}),
  }));
  await catalog.join({ ...peer, joinMs: now, expireMs: now + 1, allowedUsers }, entries, undefined);
}

function requestOf(terms: Partial<SearchRequest>): SearchRequest {
  const bounds = { minSizeBytes: 0, maxSizeBytes: 0, pageSize: 0, pageToken: '' };
  return { query: '', mode: 'keywords', extension: '', includeFolders: true, ...bounds, ...terms };
}

function search(terms: Partial<SearchRequest>, user?: string, searcher: Searcher = threads): Promise<FoundPage> {
  return searcher.search(user, requestOf(terms), now, never);
}

describe('threads find what this one finds', () => {
  beforeEach(async () => {
    await list('a', ['isos/Ubuntu-24.04.iso', 'isos/', 'Über uns.txt', 'report one.pdf', 'report two.pdf']);
    await list('b', ['report one.pdf', 'report three.pdf']);
    await list('c', ['report for ana.pdf', 'report one.pdf'], ['ana']);
  });

  test.each<[string, Partial<SearchRequest>]>([
    ['words', { query: 'report pdf' }],
    ['every name', { query: '' }],
    ['a prefix', { query: 'rep', mode: 'prefix' }],
    ['a pattern', { query: '*.iso', mode: 'glob' }],
    ['an exact name', { query: 'report one.pdf', mode: 'exact' }],
    ['a digest', { query: digestOf('report one.pdf'), mode: 'digest' }],
    ['folders', { query: 'isos', includeFolders: true }],
    ['sizes', { query: 'report', minSizeBytes: 15, maxSizeBytes: 16 }],
    ['nothing, but what was meant', { query: 'reprot' }],
    ['no exact name, but what was meant', { query: 'Report One.pdf', mode: 'exact' }],
    ['the first page', { query: 'report', pageSize: 1 }],
  ])('%s', async (_, terms) => {
    for (const user of [undefined, 'ana', 'bia']) {
      const page = await search(terms, user);
      expect(page).toEqual(await search(terms, user, here));
      expect(page.files.length + page.suggestions.length).toBeGreaterThan(0);
    }
    expect(failures).toEqual([]);
  });

  test('a page after the other', async () => {
    const found: string[] = [];
    let pageToken = '';
    do {
      const page = await search({ query: 'report', pageSize: 1, pageToken }, 'ana');
      found.push(...page.files.map(({ name }) => name));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(found.sort()).toEqual(['report for ana.pdf', 'report one.pdf', 'report three.pdf', 'report two.pdf']);
  });

  test('and fail as it does', async () => {
    for (const terms of [{ query: 'report', pageToken: 'AAAA' }, { query: 'x'.repeat(600) }]) {
      const error = await failureOf(() => search(terms));
      const same = await failureOf(() => search(terms, undefined, here));
      expect(error).toMatchObject({
        reason: same.reason,
        message: same.message,
        fieldViolations: same.fieldViolations,
      });
    }
  });
});

test('what is listed is found at once, and what is gone no more', async () => {
  for (let turn = 0; turn < 50; turn += 1) {
    await list(`peer ${turn}`, [`file ${turn}.bin`]);
    expect((await search({ query: `file ${turn} bin` })).files).toHaveLength(1);
    const peer = await catalog.findPeer(peerIdOf(`peer ${turn}`), now);
    await catalog.retire(peer?.peerKey ?? 0, now);
    expect((await search({ query: `file ${turn} bin` })).files).toEqual([]);
  }
});

test('whoever goes is not waited for, and others get what they asked for', async () => {
  // By two letters no index helps: all names are looked at.
  await list(
    'a',
    Array.from({ length: 20_000 }, (_, at) => `a name, number ${at}`),
  );
  const goes = new AbortController();
  const gone = threads.search(undefined, requestOf({ query: 'qq' }), now, goes.signal);
  const stays = search({ query: '1999' });
  goes.abort(new Error('gone'));
  await expect(gone).rejects.toThrow('gone');
  expect((await stays).files.length).toBeGreaterThan(0);
});

test('many at once all get their own answers', async () => {
  await list(
    'a',
    Array.from({ length: 300 }, (_, at) => `name ${at} of many`),
  );
  const found = await Promise.all(Array.from({ length: 300 }, (_, at) => search({ query: `"name ${at} of"` })));
  expect(found.map(({ files }) => files.map(({ name }) => name))).toEqual(
    Array.from({ length: 300 }, (_, at) => [`name ${at} of many`]),
  );
});

test('a damaged database fails as storage, without its own words for the caller', async () => {
  await list(
    'a',
    Array.from({ length: 5_000 }, (_, at) => `a file with quite some name ${at}`),
  );
  await threads.stop();
  await catalog.close();
  const bytes = readFileSync(file);
  // Past the schema, which opening reads.
  writeFileSync(file, bytes.fill(0xff, bytes.length / 2));
  catalog = openSqliteCatalog({ file });
  start(file);
  const error = await failureOf(() => search({ query: '' }));
  expect(error.reason).toBe('STORAGE_FAILED');
  expect(error.message).not.toContain('malformed');
  expect(messageOf(error.cause)).toContain('malformed');
});

test('when the threads fail, a search that they had is to be tried again, and the next ones go on without them', async () => {
  await list('a', ['report.pdf']);
  await threads.stop();
  start(join(folder, 'no such folder', 'index.db'));
  const error = await failureOf(() => search({ query: 'report pdf' }));
  expect(error).toMatchObject({ reason: 'STORAGE_UNAVAILABLE', retryDelayMs: 1_000 });
  expect(failures).toHaveLength(1);
  expect((await search({ query: 'report pdf' })).files).toHaveLength(1);
});

test('another thread takes the place of one that failed, when what it needs is there again', async () => {
  await list('a', ['report.pdf']);
  await threads.stop();
  const other = join(folder, 'comes later');
  start(join(other, 'index.db'), 20);
  await failureOf(() => search({ query: 'report pdf' }));
  const beside = openSqliteCatalog({ file: join(other, 'index.db') });
  // Only that file has them, which no other thread reads.
  await joined(beside, peer('b'), [entry('other.pdf')]);
  await beside.close();
  await until('a search in the new thread', async () => {
    try {
      return (await search({ query: 'other pdf' })).files.length === 1;
    } catch (error) {
      // One that was started before the file was there may have had it.
      if (!CardumeError.is(error) || error.reason !== 'STORAGE_UNAVAILABLE') throw error;
      return false;
    }
  });
});

test('a search that a stop finds under way ends', async () => {
  await list(
    'a',
    Array.from({ length: 20_000 }, (_, at) => `a name, number ${at}`),
  );
  const searching = failureOf(() => search({ query: 'qq' }));
  await threads.stop();
  expect(await searching).toMatchObject({ reason: 'STORAGE_UNAVAILABLE' });
});
