import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { halvesOf, intactPieces } from '../../src/core/search/suggest/intact-pieces.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'ü'), minLength: 7, maxLength: 64 });

test('whichever edit made it, the pieces of some possibility are in the word that was meant', () => {
  fc.assert(
    fc.property(letters, fc.nat(), fc.constantFrom('x', 'less', 'more', 'swapped'), (meant, place, kind) => {
      const at = place % meant.length;
      const [before, letter, after] = [meant.slice(0, at), meant.slice(at, at + 1), meant.slice(at + 1)];
      const typed = {
        x: `${before}x${after}`,
        less: before + after,
        more: `${before}x${letter}${after}`,
        swapped: before + after.slice(0, 1) + letter + after.slice(1),
      }[kind];
      // Of six letters with an edit in the middle, nothing is left that an index finds.
      fc.pre(typed.length >= 7);
      const possibilities = intactPieces(typed);
      expect(possibilities.some((texts) => texts.every((text) => meant.includes(text)))).toBe(true);
    }),
  );
});

test('of whatever is asked, there are few, and each has a piece that an index finds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 64 }), (word) => {
      const possibilities = [...intactPieces(word), ...halvesOf(word)];
      expect(possibilities.length).toBeLessThanOrEqual(24);
      for (const texts of possibilities) expect(Math.max(...texts.map((text) => [...text].length))).toBeGreaterThan(2);
      expect(possibilities.flat()).not.toContain(word);
    }),
  );
});

test('short words are tried closely', () => {
  expect(intactPieces('bahs')).toContainEqual(['bash']);
  expect(intactPieces('gimpp')).toContainEqual(['gimp']);
  expect(intactPieces('firefx')).toContainEqual(['firef', 'x']);
});
