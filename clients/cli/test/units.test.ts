import { parseSize } from '@cardume/client/units';
import { describe, expect, test } from '@jest/globals';
import { formatDuration, parseDuration } from '../src/core/units/duration.ts';
import { plural } from '../src/core/units/plural.ts';
import { formatSize } from '../src/core/units/size.ts';

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1536, '1.54 kB'],
    [12_345, '12.3 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [123_868_112, '124 MB'],
    [1e15, '1.00 PB'],
    [2 ** 53, '9.01 PB'],
    [1e18, '1000 PB'],
    [0.4, '0 B'],
  ])('%d bytes are written as %s', (bytes, text) => expect(formatSize(bytes)).toBe(text));

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('%d is no size', (bytes) => {
    expect(formatSize(bytes)).toBe('?');
  });

  test.each([
    ['500', 500],
    ['500B', 500],
    ['10MB', 10_000_000],
    ['10 mb', 10_000_000],
    ['10MiB', 10_485_760],
    ['1.5G', 1_500_000_000],
    ['2Ki', 2048],
    ['0.5k', 500],
    [' 1TB ', 1e12],
  ])('%j is read as %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(['', 'MB', '-1', '1e9', '1,5MB', '10XB', '1..5', '0x10', 'i', '5i', '9999999999999999TB', 'constructor'])(
    '%j is not a size',
    (text) => expect(parseSize(text)).toBeUndefined(),
  );
});

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['1.5h', 5_400_000],
    ['2 M', 120_000],
  ])('%j is read as %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['', '30', 's', '-1s', '0s', '0.1ms', '1d', '1e3s', '10000h'])('%j is not a duration', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([
    [0, '0 s'],
    [840, '0.8 s'],
    [9_949, '9.9 s'],
    [9_951, '10 s'],
    [59_600, '1 min 0 s'],
    [125_000, '2 min 5 s'],
    [3_599_700, '1 h 0 min'],
    [3_780_000, '1 h 3 min'],
    [86_400_000, '1 d 0 h'],
    [-1, '?'],
    [Number.NaN, '?'],
  ])('%d ms are written as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

test('a noun follows its count', () => {
  expect([0, 1, 2, 12_345].map((count) => plural(count, 'file'))).toEqual([
    '0 files',
    '1 file',
    '2 files',
    '12,345 files',
  ]);
});
