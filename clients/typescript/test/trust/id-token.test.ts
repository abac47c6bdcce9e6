import { expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { checkIdToken, idTokenEndMs, maxIdTokenBytes } from '../../src/core/trust/id-token.ts';

const withPayload = (payload: unknown): string =>
  `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;

test('an id token has three parts, and its size is bounded', () => {
  const longest = `a.b.${'c'.repeat(maxIdTokenBytes - 4)}`;
  for (const text of [withPayload({}), 'a.b.', longest]) expect(checkIdToken(text)).toBe(text);
});

test.each(['', 'a', 'a.b', 'a.b.c.d', '.b.c', 'a b.c.d', 'a.b.c\n', 'é.b.c', `a.b.${'c'.repeat(maxIdTokenBytes)}`])(
  'no id token is %j, which no message has',
  async (text) => {
    const failure = await failureOf(() => checkIdToken(text, '--id-token-file'));
    expect(failure).toMatchObject({ reason: 'INVALID_FIELD', metadata: { field: '--id-token-file' } });
    if (text.length > 10) expect(failure.message).not.toContain(text);
  },
);

test('when it ends is read of what it says, whatever that is', () => {
  expect(idTokenEndMs(withPayload({ exp: 1_800_000_000 }))).toBe(1_800_000_000_000);
  for (const payload of [{}, { exp: '1' }, null, [], 7]) expect(idTokenEndMs(withPayload(payload))).toBeUndefined();
  for (const text of ['', 'a.b.c', 'a']) expect(idTokenEndMs(text)).toBeUndefined();
});
