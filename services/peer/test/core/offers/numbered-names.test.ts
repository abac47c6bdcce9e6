import { nameProblem } from '@cardume/client';
import { expect, test } from '@jest/globals';
import { numberedNames } from '../../../src/core/offers/numbered-names.ts';

function firstThree(name: string, isFolder = false): string[] {
  const names = numberedNames(name, isFolder);
  return [1, 2, 3].map(() => names.next().value ?? '');
}

test.each([
  ['report.pdf', ['report.pdf', 'report (2).pdf', 'report (3).pdf']],
  ['backup.tar.gz', ['backup.tar.gz', 'backup (2).tar.gz', 'backup (3).tar.gz']],
  ['.profile', ['.profile', '.profile (2)', '.profile (3)']],
  ['README', ['README', 'README (2)', 'README (3)']],
])('a name that is taken gets a number before its extension: %s', (name, expected) => {
  expect(firstThree(name)).toEqual(expected);
});

test('that of a folder has no extension', () => {
  expect(firstThree('v1.2', true)[1]).toBe('v1.2 (2)');
});

test('a name as long as it may be is cut to have room for the number, within no letter', () => {
  for (const name of [`${'é'.repeat(125)}.iso`, 'x'.repeat(255), `${'日'.repeat(84)}.b`]) {
    for (const numbered of firstThree(name)) {
      expect(nameProblem(numbered)).toBeNull();
      expect(Buffer.byteLength(numbered)).toBeLessThanOrEqual(255);
    }
  }
});

test('there are a thousand, and no more', () => {
  expect([...numberedNames('a', false)]).toHaveLength(1_000);
});
