import type { OidcOptions } from '@cardume/index';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { checkOidcOptions } from '../../src/core/trust/oidc/oidc-options.ts';
import { parseRoleRules, roleOfClaims } from '../../src/core/trust/oidc/role-rules.ts';

const good: OidcOptions = { issuer: 'https://login.example.org', audiences: ['cardume'], roles: ['sub=*:reader'] };

describe('rules for roles', () => {
  test('are read with commas, equal signs and colons in their values', () => {
    expect(parseRoleRules(['groups=staff:member, groups=it:admin', 'dn=CN=x,OU=y:z:reader,sub=*:reader'])).toEqual([
      { claim: 'groups', value: 'staff', role: 'member' },
      { claim: 'groups', value: 'it', role: 'admin' },
      { claim: 'dn', value: 'CN=x,OU=y:z', role: 'reader' },
      { claim: 'sub', value: undefined, role: 'reader' },
    ]);
    expect(parseRoleRules(['https://example.org/roles=x:admin'])).toMatchObject([
      { claim: 'https://example.org/roles' },
    ]);
  });

  test.each(['', 'x', 'groups=staff', 'groups=staff:owner', '=staff:member', 'groups=:member', 'a=b:reader,'])(
    'are refused when malformed: %j',
    async (text) => {
      expect((await failureOf(() => parseRoleRules([text]))).metadata).toEqual({ field: '--oidc-roles' });
    },
  );

  test('give the highest role of those that are met, and only by texts that are the same', () => {
    const rules = parseRoleRules(['groups=it:admin', 'groups=staff:member', 'team=*:reader', '__proto__=*:admin']);
    expect(roleOfClaims({ groups: ['staff', 'it'] }, rules)).toBe('admin');
    expect(roleOfClaims({ groups: 'staff', team: 'a' }, rules)).toBe('member');
    expect(roleOfClaims({ groups: ['STAFF'], team: ['a'] }, rules)).toBe('reader');
    for (const claims of [{}, { team: true }, { team: [] }, { groups: { 0: 'it' } }, { groups: 'it staff' }]) {
      expect(roleOfClaims(claims, rules)).toBeUndefined();
    }
  });
});

describe('an issuer', () => {
  test.each([
    'https://login.example.org',
    'https://login.example.org/realms/a/',
    'http://127.0.0.1:8080',
    'http://[::1]:80/a',
    'http://localhost',
  ])('may be %s', (issuer) => {
    expect(checkOidcOptions({ ...good, issuer })).toMatchObject({ issuer, userClaim: 'sub' });
  });

  test.each([
    'login.example.org',
    'http://login.example.org',
    'http://127.0.0.1.example.org',
    'ftp://127.0.0.1',
    'https://user:pass@login.example.org',
    'https://login.example.org?a',
    'https://login.example.org#a',
    ' https://login.example.org',
    `https://login.example.org/${'a'.repeat(500)}`,
    '',
  ])('may not be %s', async (issuer) => {
    expect((await failureOf(() => checkOidcOptions({ ...good, issuer }))).metadata).toEqual({ field: '--oidc-issuer' });
  });

  test('needs an audience and a rule', async () => {
    const fieldOf = async (options: Partial<OidcOptions>) =>
      (await failureOf(() => checkOidcOptions({ ...good, ...options }))).metadata.field;
    expect(await fieldOf({ audiences: [] })).toBe('--oidc-audience');
    expect(await fieldOf({ audiences: [''] })).toBe('--oidc-audience');
    expect(await fieldOf({ audiences: Array.from({ length: 9 }, String) })).toBe('--oidc-audience');
    expect(await fieldOf({ roles: [] })).toBe('--oidc-roles');
    expect(await fieldOf({ roles: Array.from({ length: 257 }, () => 'a=b:reader') })).toBe('--oidc-roles');
    expect(await fieldOf({ userClaim: '' })).toBe('--oidc-user-claim');
  });
});
