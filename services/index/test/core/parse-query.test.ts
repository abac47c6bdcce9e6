import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { parseQuery, type SearchTerms } from '../../src/core/search/parse-query.ts';
import { searchTerms } from '../support/search-terms.ts';

function parse(terms: Partial<SearchTerms>) {
  return parseQuery(searchTerms(terms));
}

describe('keywords', () => {
  test('are folded, and those with a minus are excluded', () => {
    const { candidates, ranking } = parse({ query: '  Ubuntu\t24.04 -SERVER  é ' });
    expect(candidates.conditions).toEqual([
      { kind: 'contains', text: 'ubuntu' },
      { kind: 'contains', text: '24.04' },
      { kind: 'contains', text: 'e' },
      { kind: 'excludes', text: 'server' },
    ]);
    expect(ranking).toEqual({ text: 'ubuntu 24.04 e', words: ['ubuntu', '24.04', 'e'] });
  });

  test.each(['', '   ', '*', '-', ' - * '])('"%s" finds everything', (query) => {
    const { candidates } = parse({ query });
    expect(candidates.lookups).toEqual([{ kind: 'contains', texts: [] }]);
    expect(candidates.conditions).toEqual([]);
  });

  test('look for exact names first', () => {
    expect(parse({ query: 'My File' }).candidates.lookups).toEqual([
      { kind: 'equals', text: 'my file' },
      { kind: 'contains', texts: ['my', 'file'] },
    ]);
  });
});

describe('globs', () => {
  test('are looked up by their literal runs', () => {
    expect(parse({ query: '*Ubuntu**[x]?.iso', mode: 'glob' }).candidates).toMatchObject({
      lookups: [{ kind: 'contains', texts: ['ubuntu', '[x]', '.iso'] }],
      conditions: [{ kind: 'glob', pattern: '*ubuntu*[x]?.iso' }],
    });
  });

  test('with short runs only are looked up by their beginning, if they have one', () => {
    expect(parse({ query: 'ab*c', mode: 'glob' }).candidates.lookups).toEqual([{ kind: 'prefix', text: 'ab' }]);
    expect(parse({ query: '*c', mode: 'glob' }).candidates.lookups).toEqual([{ kind: 'contains', texts: ['c'] }]);
  });

  test('without wildcards are names', () => {
    expect(parse({ query: 'A.iso', mode: 'glob' }).candidates.lookups).toEqual([{ kind: 'equals', text: 'a.iso' }]);
  });
});

test('an exact query keeps its case and is in normal form C', () => {
  const decomposed = 'Caf\u0065\u0301.txt';
  expect(parse({ query: decomposed, mode: 'exact' }).candidates).toMatchObject({
    lookups: [{ kind: 'equals', text: 'cafe.txt' }],
    conditions: [{ kind: 'exact', text: 'Caf\u00e9.txt' }],
  });
});

test.each(['iso', '.iso', 'ISO'])('the extension %s is what follows the last dot', (extension) => {
  expect(parse({ extension }).candidates.conditions).toEqual([{ kind: 'suffix', texts: ['.iso'] }]);
});

test('sizes without an upper bound have none', () => {
  expect(parse({ minSizeBytes: 5 }).candidates).toMatchObject({ minSizeBytes: 5, maxSizeBytes: Infinity });
});

test.each<[string, Partial<SearchTerms>]>([
  ['query', { query: 'é'.repeat(257) }],
  ['query', { query: Array(17).fill('a').join(' ') }],
  ['query', { query: 'a\0b' }],
  ['query', { query: 'a\u0085b', mode: 'exact' }],
  ['query', { query: 'abcdef1', mode: 'digest' }],
  ['query', { query: 'xyzxyzxyz', mode: 'digest' }],
  ['query', { query: 'a'.repeat(65), mode: 'digest' }],
  ['extension', { extension: 'x'.repeat(33) }],
  ['min_size_bytes', { minSizeBytes: -1 }],
  ['max_size_bytes', { maxSizeBytes: -1 }],
])('a %s out of its bounds is named: %j', async (field, terms) => {
  const error = await failureOf(() => parse(terms));
  expect(error.reason).toBe('INVALID_FIELD');
  expect(error.fieldViolations.map((violation) => violation.field)).toEqual([field]);
});

test.each(['\u0000', 'i\u0000so', 'U\u0000\u0000', '\u001b[2J', '\u009b'])(
  'an extension with control characters, %j, is refused as such a query is',
  async (extension) => {
    const failure = await failureOf(() => parse({ extension }));
    expect(failure).toMatchObject({ reason: 'INVALID_FIELD', message: expect.stringContaining('control characters') });
    expect(failure.fieldViolations.map(({ field }) => field)).toEqual(['extension']);
  },
);
