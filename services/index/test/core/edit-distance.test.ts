import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { editDistance } from '../../src/core/search/suggest/edit-distance.ts';

test.each([
  ['', '', 0],
  ['', 'ab', 2],
  ['kernal', 'kernel', 1],
  ['firefx', 'firefox', 1],
  ['gimpp', 'gimp', 1],
  ['pyhton', 'python', 1],
  ['bahs', 'bash', 1],
  ['ab', 'ba', 1],
  ['libreofice', 'libreoffices', 2],
  ['abcdef', 'badcfe', 3],
])('from %j to %j', (from, to, edits) => {
  expect(editDistance(from, to, 5)).toBe(edits);
  expect(editDistance(to, from, 5)).toBe(edits);
});

test('says no more than that there are more than it was asked about', () => {
  expect(editDistance('abcdefgh', 'hgfedcba', 2)).toBe(3);
  expect(editDistance('a', 'abcdefgh', 2)).toBe(3);
});

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

test('is at most one after one edit, the same in both directions, and 0 only for the same', () => {
  fc.assert(
    fc.property(word, word, fc.nat(8), fc.constantFrom('', 'a', 'bb', 'c'), (one, other, at, put) => {
      expect(editDistance(one, other, 9)).toBe(editDistance(other, one, 9));
      expect(editDistance(one, other, 9) === 0).toBe(one === other);
      const edited = one.slice(0, at) + put + one.slice(at + put.length);
      expect(editDistance(one, edited, 9)).toBeLessThanOrEqual(Math.max(1, put.length));
    }),
  );
});
