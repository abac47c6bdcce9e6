import { expect, test } from '@jest/globals';
import { trigramQuery } from '../src/adapters/sqlite/trigram-query.ts';

/** A million names, of which a thousandth was counted. */
function counts(known: Record<string, number>) {
  return { countOf: (trigram: string) => known[trigram] ?? 0, sampleSize: 1_000, nameCount: 1_000_000 };
}

test('the rarest trigram comes first, and then one of another text before one of the same', () => {
  const known = { ubu: 3, bun: 2, unt: 9, ntu: 9, des: 4, esk: 5, skt: 5, kto: 5, top: 8 };
  expect(trigramQuery(['ubuntu', 'desktop'], counts(known))).toBe('"bun" AND "des"');
  expect(trigramQuery(['ubuntu'], counts(known))).toBe('"bun" AND "ubu"');
});

test('one that many names have is not asked for: to read all their places takes longer than to look at who is left', () => {
  expect(trigramQuery(['iso', 'lib'], counts({ iso: 1, lib: 300 }))).toBe('"iso"');
  expect(trigramQuery(['iso', 'lib'], counts({ iso: 200, lib: 300 }))).toBe('"iso" AND "lib"');
});

test('among few names one trigram is enough', () => {
  const few = { ...counts({}), nameCount: 20, sampleSize: 20 };
  expect(trigramQuery(['ubuntu', 'desktop'], few)?.split(' AND ')).toHaveLength(1);
});

test('texts that are too short have none', () => {
  expect(trigramQuery(['ab', ''], counts({}))).toBeUndefined();
});

test('a quote means itself', () => {
  expect(trigramQuery(['a"b'], counts({}))).toBe('"a""b"');
});
