import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { readQueryTerms } from '../../src/core/search/query-terms.ts';

const nothing = {
  text: '',
  words: [],
  excludedWords: [],
  patterns: [],
  excludedPatterns: [],
  extensions: [],
  excludedExtensions: [],
  minSizeBytes: 0,
  maxSizeBytes: Number.POSITIVE_INFINITY,
  digestPrefix: undefined,
};
const GB = 1e9;
const KiB = 1024;

test.each<[string, Partial<ReturnType<typeof readQueryTerms>>]>([
  ['', {}],
  ['  \t\n ', {}],
  ['- * ** ? "" -""', {}],
  ['Ubuntu 24.04', { text: 'ubuntu 24.04', words: ['ubuntu', '24.04'] }],
  ['foo-bar -foo-bar', { text: 'foo-bar', words: ['foo-bar'], excludedWords: ['foo-bar'] }],
  ['"Some Text" -"not this"', { text: 'some text', words: ['some text'], excludedWords: ['not this'] }],
  ['"never closed', { text: 'never closed', words: ['never closed'] }],
  ['5" disk', { text: '5" disk', words: ['5"', 'disk'] }],
  ['"ext:iso" "a*b"', { text: 'ext:iso a*b', words: ['ext:iso', 'a*b'] }],
  ['Ubuntu*.iso -*beta?', { patterns: ['ubuntu*.iso'], excludedPatterns: ['*beta?'] }],
  ['ext:ISO EXT:.mkv,mp4 -ext:tar.gz', { extensions: ['.iso', '.mkv', '.mp4'], excludedExtensions: ['.tar.gz'] }],
  ['size:>1G', { minSizeBytes: GB + 1 }],
  ['size:>=1G', { minSizeBytes: GB }],
  ['size:<10KiB', { maxSizeBytes: 10 * KiB - 1 }],
  ['size:<=10KiB size:<=20', { maxSizeBytes: 20 }],
  ['size:1kB..2GB', { minSizeBytes: 1_000, maxSizeBytes: 2 * GB }],
  ['digest:0123ABCD', { digestPrefix: '0123abcd' }],
  ['http://x/y', { text: 'http://x/y', words: ['http://x/y'] }],
  ['Café', { text: 'cafe', words: ['cafe'] }],
])('%j', (query, expected) => {
  const { text, ...terms } = readQueryTerms(query);
  const { text: wantedText = '', ...others } = expected;
  expect(terms).toEqual({ ...nothing, text: undefined, ...others });
  if (expected.text !== undefined) expect(text).toBe(wantedText);
});

describe('what looks like a filter and is none', () => {
  test.each([
    ['ext:', /ext:iso/],
    ['ext:a,,b', /ext:iso/],
    [`ext:${'x'.repeat(40)}`, /at most 32 bytes/],
    ['size:', /size:>1G/],
    ['size:big', /size:>1G/],
    ['size:700M', /size:>1G/],
    ['size:>', /size:>1G/],
    ['size:1..2..3', /size:>1G/],
    ['-size:>1', /cannot be excluded/],
    ['digest:xyz', /hex digits/],
    ['-digest:0123abcd', /cannot be excluded/],
    [Array(17).fill('ext:a').join(' '), /at most 16/],
  ])('%j says what it should be', async (query, message) => {
    const error = await failureOf(() => readQueryTerms(query));
    expect(error.reason).toBe('INVALID_FIELD');
    expect(error.fieldViolations[0]?.description).toMatch(message);
  });
});
