import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { readPageToken, writePageToken } from '../../src/index.ts';

const position = Buffer.from('where the page ended');

test('a token gives its position back to the same request', () => {
  expect(readPageToken('search linux', writePageToken('search linux', position))).toEqual(position);
});

test('a token is safe in a URL', () => {
  expect(writePageToken('search', Buffer.alloc(100, 0xfb))).toMatch(/^[\w-]+$/);
});

test('a token of another request is refused', async () => {
  const token = writePageToken('search linux', position);
  expect((await failureOf(() => readPageToken('search linus', token))).reason).toBe('PAGE_TOKEN_INVALID');
});

test('a token with any character changed, added or cut off is refused', async () => {
  const token = writePageToken('r', position);
  const changed = fc.record({ at: fc.nat(token.length - 1), character: fc.constantFrom('A', 'b', '7', '_', '=', ' ') });
  await fc.assert(
    fc.asyncProperty(changed, async ({ at, character }) => {
      fc.pre(token[at] !== character);
      for (const other of [
        token.slice(0, at) + character + token.slice(at + 1),
        token.slice(0, at) + character + token.slice(at),
        token.slice(0, at),
      ]) {
        expect((await failureOf(() => readPageToken('r', other))).reason).toBe('PAGE_TOKEN_INVALID');
      }
    }),
  );
});

test.each(['%%%', 'AAAA', 'null', 'A'.repeat(100_000)])('a text that is no token is refused: %.20s', async (text) => {
  expect((await failureOf(() => readPageToken('r', text))).reason).toBe('PAGE_TOKEN_INVALID');
});
