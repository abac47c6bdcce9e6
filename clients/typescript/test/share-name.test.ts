import { describe, expect, test } from '@jest/globals';
import { maxShareNameBytes, shareNameProblem } from '../src/index.ts';

describe('the name of a share', () => {
  test.each([
    ['is empty', ''],
    ['has spaces and emoji', 'The family\u2019s photos \u{1f41f}'],
    ['is as long as it may be', '\u00e9'.repeat((maxShareNameBytes - 1) / 2)],
  ])('may be one that %s', (_, name) => {
    expect(shareNameProblem(name)).toBeNull();
  });

  test.each([
    ['has an escape sequence', 'a\u001b[31m', 'control characters'],
    ['has a line feed', 'a\nb', 'control characters'],
    ['has a control character of C1', 'a\u009bb', 'control characters'],
    ['has a line separator', 'a\u2028b', 'control characters'],
    ['is a byte too long', '\u00e9'.repeat((maxShareNameBytes + 1) / 2), 'longer than 255 bytes'],
    ['has half a character', 'a\ud800', 'not valid Unicode'],
  ])('may not be one that %s', (_, name, problem) => {
    expect(shareNameProblem(name)).toContain(problem);
  });
});
