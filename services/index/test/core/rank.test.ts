import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Candidate } from '../../src/core/catalog.ts';
import { fold } from '../../src/core/search/fold.ts';
import { compareRankPositions, type RankClass, rankCandidates } from '../../src/core/search/rank.ts';
import { bytesOfRankPosition, rankPositionOfBytes } from '../../src/core/search/rank-position-bytes.ts';
import { digestOf } from '../support/listed.ts';

function candidate(name: string, wholeHolderCount = 1): Candidate {
  const content = { sizeBytes: 1, digest: digestOf(name), folder: undefined };
  return { fileKey: 0, name, foldedName: fold(name), ...content, wholeHolderCount };
}

function ranked(names: string[], query: string): string[] {
  const words = fold(query).split(' ');
  return rankCandidates(
    names.map((name) => candidate(name)),
    { text: fold(query), words },
  ).map(({ name }) => name);
}

test('exact names come first, then whole words, then beginnings of words, then the rest', () => {
  const names = ['unlinux.txt', 'linuxes.txt', 'old linux.txt', 'a/Linux', 'linux'];
  expect(ranked(names, 'linux')).toEqual(['linux', 'a/Linux', 'old linux.txt', 'linuxes.txt', 'unlinux.txt']);
});

test('words begin and end also where capitals do', () => {
  expect(ranked(['resizer.ts', 'unsizefile', 'mySizeFile.ts', 'HTTPSize.ts'], 'size')).toEqual([
    'HTTPSize.ts',
    'mySizeFile.ts',
    'unsizefile',
    'resizer.ts',
  ]);
});

test('a name is as good as its worst word', () => {
  expect(ranked(['red carpet.jpg', 'red car.jpg', 'scared car.jpg'], 'car red')).toEqual([
    'red car.jpg',
    'red carpet.jpg',
    'scared car.jpg',
  ]);
});

test('digits and letters are word characters, whatever the script', () => {
  expect(ranked(['x24.04.iso', '24.04.iso', 'привета', 'привет'], '24.04')[0]).toBe('24.04.iso');
  expect(ranked(['приветы.txt', 'привет мир.txt'], 'привет')).toEqual(['привет мир.txt', 'приветы.txt']);
});

test('within a class, files with more whole holders come first, then names in order', () => {
  const files = [candidate('b x', 1), candidate('a x', 1), candidate('c x', 2)];
  const names = rankCandidates(files, { text: 'x', words: ['x'] }).map(({ name }) => name);
  expect(names).toEqual(['c x', 'a x', 'b x']);
});

test('the last part weighs more than its folders, and its extension nothing', () => {
  expect(ranked(['linux/notes.txt', 'old linux.iso', 'a/linux.iso', 'linux/linuxes'], 'linux')).toEqual([
    'a/linux.iso',
    'old linux.iso',
    'linux/linuxes',
    'linux/notes.txt',
  ]);
  expect(ranked(['gcc-12/cpp-12.deb', 'gcc-12/gcc-12.deb'], 'gcc 12')).toEqual([
    'gcc-12/gcc-12.deb',
    'gcc-12/cpp-12.deb',
  ]);
});

test('among files that as many hold, those with the fewest other words come first', () => {
  expect(ranked(['bash-doc_5.2-2_all.deb', 'bash-builtins_5.2-2_amd64.deb', 'bash_5.2-2_amd64.deb'], 'bash')).toEqual([
    'bash_5.2-2_amd64.deb',
    'bash-builtins_5.2-2_amd64.deb',
    'bash-doc_5.2-2_all.deb',
  ]);
});

test('a rank position comes back from its bytes as it was', () => {
  const position = fc.record({
    rankClass: fc.constantFrom<RankClass>(0, 1, 2, 3, 4, 5, 6),
    otherWords: fc.nat(255),
    wholeHolderCount: fc.nat(1_000_000),
    sizeBytes: fc.nat(2 ** 44),
    digest: fc.stringMatching(/^[0-9a-f]{64}$/),
    name: fc.string({ unit: 'grapheme' }),
    folder: fc.option(fc.record({ fileCount: fc.nat(200_000), totalSizeBytes: fc.maxSafeNat() }), { nil: undefined }),
  });
  fc.assert(
    fc.property(position, (value) => {
      const copy = rankPositionOfBytes(bytesOfRankPosition(value));
      expect(copy).toEqual(value);
      expect(compareRankPositions(copy, value)).toBe(0);
    }),
  );
});
