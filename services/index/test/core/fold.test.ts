import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { maxFoldedLength } from '../../src/core/limits.ts';
import { fold } from '../../src/core/search/fold.ts';

test.each([
  ['README.MD', 'readme.md'],
  ['Crème Brûlée', 'creme brulee'],
  ['Straße', 'strasse'],
  ['STRAẞE', 'strasse'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['οδος', 'οδοσ'],
  ['İstanbul', 'istanbul'],
  ['ﬁle Ⅳ', 'file iv'],
  ['ＡＢＣ１', 'abc1'],
  ['한글', '한글'],
  ['日本語.txt', '日本語.txt'],
  ['😀.png', '😀.png'],
])('%s folds to %s', (text, folded) => {
  expect(fold(text)).toBe(folded);
});

test('composed and decomposed forms fold to the same', () => {
  expect(fold('é'.normalize('NFD'))).toBe(fold('é'.normalize('NFC')));
});

test('a folded text stays as it is when it is folded again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      expect(fold(fold(text))).toBe(fold(text));
    }),
  );
});

test('so does each character of Unicode', () => {
  const changing: string[] = [];
  for (let point = 0; point <= 0x10ffff; point += 1) {
    const folded = fold(String.fromCodePoint(point));
    if (fold(folded) !== folded) changing.push(point.toString(16));
  }
  expect(changing).toEqual([]);
});

test('a name of ligatures does not fold to more than is searched, nor to broken Unicode', () => {
  const folded = fold('\ufdfa'.repeat(341));
  expect(folded.length).toBe(maxFoldedLength);
  expect(fold('\ud835\udd38'.repeat(2_000)).isWellFormed()).toBe(true);
});

test('lone surrogates become replacement characters', () => {
  expect(fold('a\ud800b').isWellFormed()).toBe(true);
});
