import { isDeepStrictEqual } from 'node:util';
import type { SearchQuery } from '@cardume/client';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { joinInput, listed } from './support/listed.ts';
import { startTestIndex, type TestIndex } from './support/test-index.ts';

let cardume: TestIndex;
beforeAll(async () => {
  cardume = await startTestIndex();
  const names = [
    'isos/Ubuntu-24.04-Desktop.iso',
    'isos/debian-12-desktop.iso',
    'docs/notes about kernels.txt',
    'src/kernel.c',
    'src/kernel.h',
    'Über alles.txt',
    'модель/веса.bin',
  ];
  await cardume.index.join(joinInput(names.map((name) => listed(name))));
});
afterAll(async () => {
  await cardume[Symbol.asyncDispose]();
});

async function suggested(query: SearchQuery): Promise<string[]> {
  const { hits, suggestions } = await cardume.index.search(query);
  expect(hits).toEqual([]);
  return suggestions;
}

/** Looks at what is suggested. An index that is busy may have no time for all of it, and is asked again. */
async function expectSuggested(query: SearchQuery, expected: readonly string[]): Promise<void> {
  let found = await suggested(query);
  for (let attempt = 1; attempt < 5 && !isDeepStrictEqual(found, expected); attempt += 1)
    found = await suggested(query);
  expect(found).toEqual(expected);
}

describe('a search that finds nothing suggests', () => {
  test.each<[string, string[]]>([
    ['ubunut', ['ubuntu']],
    ['UBUNTUU desktop', ['ubuntu desktop', 'desktop']],
    ['kernal', ['kernel']],
    ['debain desktp', ['debian desktop']],
    ['desktpo -debian ext:iso', ['desktop -debian ext:iso']],
    ['"ubuntu-24.04-desktob"', ['"ubuntu-24.04-desktop"']],
    ['ubun*desktob', ['ubun*desktop']],
    ['ubuntu kernel', ['kernel', 'ubuntu']],
    ['моделъ', ['модель']],
    ['ubber', ['uber']],
    ['debiandebian', []],
    ['kernal ext:iso', []],
    ['кошка', []],
  ])('for %j: %j', async (query, expected) => {
    await expectSuggested({ query }, expected);
  });

  test('for the beginning of a name', async () => {
    await expectSuggested({ query: 'debain-12', mode: 'prefix' }, ['debian-12']);
  });

  test('for an exact name, names that are as good', async () => {
    await expectSuggested({ query: 'ubuntu-24.04-desktop.ISO', mode: 'exact' }, ['Ubuntu-24.04-Desktop.iso']);
    await expectSuggested({ query: 'isos/ubuntu-24.04-desktop.iso', mode: 'exact' }, ['isos/Ubuntu-24.04-Desktop.iso']);
    await expectSuggested({ query: 'Ubunut-24.04-desktop.iso', mode: 'exact' }, ['Ubuntu-24.04-Desktop.iso']);
    await expectSuggested({ query: 'uber alles.txt', mode: 'exact' }, ['Über alles.txt']);
  });

  test('nothing for globs and digests', async () => {
    await expectSuggested({ query: 'kernal*', mode: 'glob' }, []);
    await expectSuggested({ query: '0123456789abcdef', mode: 'digest' }, []);
  });
});

test('what is suggested finds something, with the other fields as they were', async () => {
  await expectSuggested({ query: 'kernal', extension: 'c' }, ['kernel']);
  await expectSuggested({ query: 'kernal', extension: 'iso' }, []);
  await expectSuggested({ query: 'kernal', minSizeBytes: 2 ** 40 }, []);
});

test('a search that finds something has no suggestions', async () => {
  expect((await cardume.index.search({ query: 'kernel' })).suggestions).toEqual([]);
});

test('words of peers that left are not suggested', async () => {
  const lease = await cardume.index.join(joinInput([listed('transient.bin')]));
  await expectSuggested({ query: 'transeint' }, ['transient']);
  await cardume.index.leave(lease);
  await expectSuggested({ query: 'transeint' }, []);
});

test.each([
  ['x'.repeat(512)],
  ['\u{1F600}'.repeat(128)],
  [Array(16).fill('kernal').join(' ').slice(0, 512)],
  [Array.from({ length: 16 }, (_, at) => `kernal${at}`).join(' ')],
  ['ab-cd-ef-'.repeat(56)],
  ['kernal '.repeat(15) + '*'.repeat(200)],
  ['%_%\\" OR 1'],
  ['\ud800kernal'],
])('%j is answered with queries that may be sent', async (query) => {
  const { suggestions } = await cardume.index.search({ query });
  expect(suggestions.length).toBeLessThanOrEqual(5);
  for (const one of suggestions) expect((await cardume.index.search({ query: one })).hits).not.toEqual([]);
});

test.each(['sizee:kernel', 'digets:kernel', 'extt:', '-kernal sizee:>1G'])(
  'no word of %j becomes a filter, which could be malformed',
  async (query) => {
    const lease = await cardume.index.join(joinInput([listed('size ext digest.bin')]));
    expect((await cardume.index.search({ query })).hits).toEqual([]);
    await cardume.index.leave(lease);
  },
);
