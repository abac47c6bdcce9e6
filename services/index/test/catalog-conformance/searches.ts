import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SearchTerms } from '../../src/core/search/parse-query.ts';
import { digestOf } from '../support/listed.ts';
import { entry, never, now, planOf, type TestedCatalog } from '../support/tested-catalog.ts';

/** What is found by what. */
export function testSearches(tested: TestedCatalog): void {
  const { join, find } = tested;

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
      const some = await tested.catalog.findCandidates(planOf({}), now, 4, never);
      expect(some).toMatchObject({ truncated: true, candidates: { length: 4 } });
      expect(await tested.catalog.findCandidates(planOf({}), now, 5, never)).toMatchObject({ truncated: false });
    });

    test('each file once, with how many hold it whole', async () => {
      await join('b', [entry(names[0] ?? ''), entry(names[3] ?? '', { partial: true })]);
      const { candidates } = await tested.catalog.findCandidates(planOf({}), now, 100, never);
      const counts = new Map(candidates.map((candidate) => [candidate.name, candidate.wholeHolderCount]));
      expect(candidates).toHaveLength(names.length);
      expect([counts.get(names[0] ?? ''), counts.get(names[3] ?? ''), counts.get(names[1] ?? '')]).toEqual([2, 1, 1]);
    });
  });
}
