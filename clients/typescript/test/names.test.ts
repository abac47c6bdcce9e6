import { posix, win32 } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { checkName, nameProblem, printable } from '../src/index.ts';

describe('a name that is fine', () => {
  test.each([
    'a',
    'report.pdf',
    'with spaces and (brackets) [x] {y} \'quoted\' "double".txt',
    'München/straße/naïve café.txt'.normalize('NFC'),
    '日本語/ファイル.bin'.normalize('NFC'),
    '🐟🐠 school.tar.gz',
    '.hidden',
    '...',
    '..a',
    'a..',
    'console.log',
    'comma.txt',
    'com10.txt',
    'nul-terminated.c',
    'at 12:30.log',
    '-rf',
    '*',
    '$(reboot)',
    `${'x'.repeat(251)}.bin`,
    `${'d'.repeat(200)}/${'d'.repeat(200)}/${'d'.repeat(200)}/f`,
  ])('%j has no problem', (name) => {
    expect(nameProblem(name)).toBeNull();
  });
});

describe('a name that could do harm', () => {
  test.each([
    ['', 'empty'],
    ['..', 'part ".."'],
    ['.', 'part "."'],
    ['../x', 'part ".."'],
    ['a/../../x', 'part ".."'],
    ['a/./x', 'part "."'],
    ['/etc/passwd', 'absolute'],
    ['//server/share', 'absolute'],
    ['a//b', 'empty'],
    ['a/', 'empty'],
    ['a\\b', 'backslash'],
    ['..\\..\\x', 'backslash'],
    ['C:/x', 'drive letter'],
    ['c:x', 'drive letter'],
    ['a/c:x', 'drive letter'],
    ['nul\u0000.txt', 'control'],
    ['a\nb', 'control'],
    ['a\u001b[31mred', 'control'],
    ['a\u007fb', 'control'],
    ['a\u009bb', 'control'],
    ['line\u2028break', 'control'],
    ['gpj.\u202eexe', 'direction'],
    ['a\u2066b', 'direction'],
    ['a\u200fb', 'direction'],
    ['CON', 'device'],
    ['con', 'device'],
    ['con.txt', 'device'],
    ['a/NUL/b', 'device'],
    ['AUX.tar.gz', 'device'],
    ['COM1', 'device'],
    ['lpt9.log', 'device'],
    ['COM¹', 'device'],
    ['CONIN$', 'device'],
    ['PRN ', 'device'],
    ['nul .txt', 'device'],
    ['CON:', 'device'],
    ['a/com1:x.txt', 'device'],
    ['.. ', 'part ".."'],
    ['a/.. /x', 'part ".."'],
    ['. ', 'part "."'],
    ['e\u0301.txt', 'normal form C'],
    ['\ud800.txt', 'valid Unicode'],
    ['x'.repeat(256), 'longer than 255'],
    ['é'.repeat(128), 'longer than 255'],
    [`${'d/'.repeat(512)}x`, 'longer than 1024'],
  ])('%j is refused: %s', async (name, why) => {
    expect(nameProblem(name)).toContain(why);
    const failure = await failureOf(() => checkName(name, 'files[0].name'));
    expect(failure).toMatchObject({ reason: 'UNSAFE_NAME', code: 'INVALID_ARGUMENT' });
    expect(failure.fieldViolations.map(({ field }) => field)).toEqual(['files[0].name']);
  });
});

test('no name without a problem leaves the folder that it is joined to, on any system', () => {
  const piece = fc.oneof(
    fc.constantFrom('..', '.', '/', '\\', 'C:', '\u0000', 'con', '~', ' ', ':', '//', '\u202e', 'a'),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const name = pieces.join('');
      fc.pre(nameProblem(name) === null);
      expect(posix.resolve('/folder', name).startsWith('/folder/')).toBe(true);
      expect(win32.resolve('C:\\folder', name).startsWith('C:\\folder\\')).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test('what is printed cannot steer a terminal', () => {
  expect(printable('plain, naïve 日本 🐟')).toBe('plain, naïve 日本 🐟');
  expect(printable('a\u001b[2Jb\r\nc')).toBe('a\\u{1b}[2Jb\\u{d}\\u{a}c');
  expect(printable('x\u202ey')).toBe('x\\u{202e}y');
  expect(printable('x\u009by')).toBe('x\\u{9b}y');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});
