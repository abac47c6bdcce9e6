import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { type Addresses, formatAddress } from '../../src/index.ts';
import { formatInvite, type Invite, looksLikeInvite, maxInviteLength, parseInvite, tokenOf } from '../../src/trust.ts';

const networkId = 'ab'.repeat(32);
const token = tokenOf(new Uint8Array(32).fill(7));
const addresses: Addresses = [{ host: 'index.example', port: 50_051 }];

const bytes = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });
const ids = bytes(32).map((id) => Buffer.from(id).toString('hex'));
const hosts = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((host) => host.split(':').length >= 3),
  fc.constantFrom('localhost', 'index.example', 'a_b', 'fe80::1%eth0'),
);
const oneAddress = fc.record({ host: hosts, port: fc.integer({ min: 1, max: 65_535 }) });
const invites: fc.Arbitrary<Invite> = fc.record(
  {
    networkId: ids,
    addresses: fc
      .uniqueArray(oneAddress, { minLength: 1, maxLength: 16, selector: formatAddress })
      .map((all) => all as unknown as Addresses),
    token: bytes(32).map(tokenOf),
  },
  { requiredKeys: ['networkId', 'addresses'] },
);

/** What is wrong with an invite; it never holds the token, in any of its spellings. */
async function problemOf(text: string): Promise<string> {
  const error = await failureOf(() => parseInvite(text, '--index'));
  expect(error).toMatchObject({ reason: 'INVALID_FIELD', metadata: { field: '--index' } });
  const said = JSON.stringify([error.message, error.metadata, error.fieldViolations, String(error.cause)]);
  expect(said).not.toContain(token.slice(4, 20));
  if (text.length > 40) expect(said).not.toContain(text.slice(20, 40));
  return error.message;
}

describe('an invite', () => {
  test('is one string, that is read back as what it was made of', () => {
    const invite = formatInvite({ networkId, addresses, token });
    expect(invite).toMatch(/^cardume-invite-1-[A-Za-z0-9_-]{110,120}$/);
    expect(parseInvite(`  ${invite}\n`)).toEqual({ networkId, addresses, token });
    fc.assert(fc.property(invites, (made) => expect(parseInvite(formatInvite(made))).toEqual(made)));
  });

  test('is known by its beginning, also one of another version', async () => {
    const invite = formatInvite({ networkId, addresses });
    expect([invite, invite.replace('-1-', '-2-'), '127.0.0.1:50051', 'cardume'].map(looksLikeInvite)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(await problemOf(invite.replace('-1-', '-2-'))).toContain('an invite of another version');
    expect(await problemOf('127.0.0.1:50051')).toContain('not an invite');
  });

  test('with any one character changed, left out, doubled or swapped with the next is refused', async () => {
    const invite = formatInvite({ networkId, addresses, token });
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ .\u00e9';
    for (let at = 0; at < invite.length; at += 1) {
      const [before, here, next, after] = [
        invite.slice(0, at),
        invite[at] ?? '',
        invite[at + 1] ?? '',
        invite.slice(at + 1),
      ];
      const damaged = [...alphabet].map((other) => before + other + after);
      const others = [before + after, before + here + here + after, before + next + here + invite.slice(at + 2)];
      for (const text of [...damaged, ...others].filter((other) => other.trim() !== invite)) await problemOf(text);
    }
  });

  test('cut off anywhere, too long or of other bytes is refused', async () => {
    const invite = formatInvite({ networkId, addresses, token });
    for (let length = 0; length < invite.length; length += 1) await problemOf(invite.slice(0, length));
    expect(await problemOf(`${invite}${'A'.repeat(maxInviteLength)}`)).toContain(
      `at most ${maxInviteLength} characters`,
    );
    const noise = fc.string().map((text) => `cardume-invite-1-${text}`);
    await fc.assert(fc.asyncProperty(noise, async (text) => expect(await problemOf(text)).toContain('mistyped')));
  });

  test('is not made of what is malformed', async () => {
    const good: Invite = { networkId, addresses, token };
    const many = Array.from({ length: 16 }, (_, at) => ({ host: `${'a'.repeat(60)}.`.repeat(3) + at, port: 1 }));
    const bad: Partial<Invite>[] = [
      { networkId: networkId.toUpperCase() },
      { addresses: [] as unknown as Addresses },
      { addresses: [{ host: 'a b', port: 1 }] },
      { addresses: [{ host: 'a', port: 0 }] },
      { addresses: [...addresses, ...addresses] as unknown as Addresses },
      { addresses: many as unknown as Addresses },
      { token: `${token}A` },
      { token: token.replace('B', 'C') },
    ];
    for (const change of bad) {
      const error = await failureOf(() => formatInvite({ ...good, ...change }));
      expect(error.reason).toBe('INVALID_FIELD');
      expect(error.message).not.toContain(token.slice(4));
    }
  });
});
