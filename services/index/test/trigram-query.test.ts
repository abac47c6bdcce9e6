import { expect, test } from '@jest/globals';
import { trigramQuery } from '../src/adapters/sqlite/trigram-query.ts';
import type { TrigramSample } from '../src/adapters/sqlite/trigram-sample.ts';

/** A million names, of which a thousand were looked at: how many of them have each trigram; no name has two. */
function counts(known: Record<string, number>): TrigramSample {
  let next = 0;
  const places: Record<string, number[]> = {};
  for (const [trigram, count] of Object.entries(known)) {
    places[trigram] = range(next, next + count);
    next += count;
  }
  return sampleOf(places);
}

function sampleOf(places: Record<string, number[]>): TrigramSample {
  return { namesWith: (trigram) => places[trigram] ?? [], sampleSize: 1_000, nameCount: 1_000_000 };
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

test('the rarest trigram comes first, and then one of another text before one of the same', () => {
  const known = { ubu: 1, bun: 0, unt: 9, ntu: 9, des: 1, esk: 2, skt: 2, kto: 2, top: 8 };
  expect(trigramQuery(['ubuntu', 'desktop'], counts(known))).toBe('"bun" AND "des"');
});

test('of the same text one that shares no character with those before comes first', () => {
  expect(trigramQuery(['ubuntu'], counts({}))).toMatch(/^"ubu" AND "ntu"/);
});

test('where the sample shows that one leaves all names, it is not asked for, however rare it is', () => {
  const config = range(0, 40);
  const version = range(30, 90);
  const places = { con: config, onf: config, nfi: config, fig: config, 'ig-': config, 'g-v': version, '-v8': version };
  expect(trigramQuery(['config-v8'], sampleOf(places))).toBe('"con" AND "g-v"');
});

test('one that many names have is not asked for: to read all their places takes longer than to look at who is left', () => {
  expect(trigramQuery(['iso', 'lib'], counts({ iso: 1, lib: 300 }))).toBe('"iso"');
  const manyOfBoth = { iso: range(0, 200), lib: range(100, 400) };
  expect(trigramQuery(['iso', 'lib'], sampleOf(manyOfBoth))).toBe('"iso" AND "lib"');
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
