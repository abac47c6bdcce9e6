import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { CardumeError } from '@cardume/client';
import { createLogger } from '@cardume/service-kit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decoded, encoded } from '../../../../tests/support/decoded-token.ts';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { type OidcIssuer, startOidcIssuer } from '../../../../tests/support/oidc-issuer.ts';
import { createIdTokenVerifier } from '../../src/adapters/trust/oidc/verify-id-token.ts';

const minuteMs = 60_000;
const logger = createLogger({ service: 'test', level: 'silent' });
let issuer: OidcIssuer;
let offMs = 0;
let steadyOffMs = 0;

beforeEach(async () => {
  [offMs, steadyOffMs] = [0, 0];
  issuer = await startOidcIssuer();
  issuer.users.set('ana', { sub: 'ana', email: 'ana@example.org', email_verified: true, groups: ['staff'] });
});
afterEach(() => issuer.stop());

function verifierOf(url = issuer.url, audiences = ['cardume']) {
  return createIdTokenVerifier({
    settings: { issuer: url, audiences },
    logger,
    nowMs: () => Date.now() + offMs,
    steadyMs: () => performance.now() + steadyOffMs,
  });
}

/** Signs with the issuer's own key what it would not sign itself. */
function forged(token: string, claims: object, header: object = {}, key: KeyObject = issuerKey()): string {
  const before = decoded(token);
  const signed = `${encoded({ ...before.header, ...header })}.${encoded({ ...before.payload, ...claims })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function issuerKey(): KeyObject {
  return createPrivateKey({ key: { ...issuer.key }, format: 'jwk' });
}

async function problemOf(verify: (token: string) => Promise<unknown>, token: string): Promise<string> {
  const failure = await failureOf(() => verify(token));
  expect(failure.reason).toBe('TOKEN_REFUSED');
  return failure.message.replace('the id token is not good for this network: ', '');
}

describe('an id token', () => {
  test('of the issuer is taken, with what it says', async () => {
    const claims = await verifierOf()(await issuer.signIn('ana'));
    expect(claims).toMatchObject({ sub: 'ana', email: 'ana@example.org', email_verified: true, groups: ['staff'] });
  });

  test('is taken as long as clocks may be off, and no longer', async () => {
    const [token, verify] = [await issuer.signIn('ana'), verifierOf()];
    const lifetimeMs = 60 * minuteMs;
    offMs = lifetimeMs + 9 * minuteMs;
    expect(await verify(token)).toMatchObject({ sub: 'ana' });
    offMs = lifetimeMs + 11 * minuteMs;
    expect(await problemOf(verify, token)).toBe('it has expired; sign in again');
    offMs = 0;
    const early = forged(token, { nbf: Math.floor(Date.now() / 1_000) + 11 * 60 });
    expect(await problemOf(verify, early)).toMatch(/^it is not valid yet/);
    expect(await problemOf(verify, forged(token, { exp: undefined }))).toBe('its claim exp is missing or wrong');
  });

  test('of another audience, issuer or client is refused', async () => {
    const other = await startOidcIssuer();
    try {
      other.users.set('ana', { sub: 'ana' });
      const verify = verifierOf();
      const token = await issuer.signIn('ana');
      expect(await problemOf(verify, await issuer.signIn('ana', 'another-app'))).toBe('it is for another audience');
      expect(await problemOf(verify, await other.signIn('ana'))).toBe('it is of another issuer');
      // Says to be of ours, with the key of the other.
      const lying = forged(token, {}, { kid: 'unknown' }, createPrivateKey({ key: { ...other.key }, format: 'jwk' }));
      expect(await problemOf(verify, lying)).toBe('it is signed by a key that the issuer does not show');
      const aud = ['cardume', 'another-app'];
      expect(await problemOf(verify, forged(token, { aud }))).toBe('it was made for another client');
      expect(await problemOf(verify, forged(token, { aud, azp: 'another-app' }))).toBe(
        'it was made for another client',
      );
      expect(await verify(forged(token, { aud, azp: 'cardume' }))).toMatchObject({ sub: 'ana' });
    } finally {
      await other.stop();
    }
  });

  test('without a signature, or with a wrong one, is refused', async () => {
    const [token, verify] = [await issuer.signIn('ana'), verifierOf()];
    const [, payload = ''] = token.split('.');
    expect(await problemOf(verify, `${encoded({ alg: 'none' })}.${payload}.`)).toMatch(/not taken|no id token/);
    const shared = `${encoded({ alg: 'HS256', kid: issuer.key.kid })}.${payload}.${'A'.repeat(43)}`;
    expect(await problemOf(verify, shared)).toBe('it is signed in a way that is not taken');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(await problemOf(verify, forged(token, { groups: ['admins'] }, {}, privateKey))).toBe(
      'its signature is wrong',
    );
    for (const none of ['a.b.c', 'x', '', `${encoded([])}.${encoded([])}.AAAA`]) {
      expect(await problemOf(verify, none)).toBe('it is no id token, which is a signed JWT');
    }
  });

  test('is not any other token of the same issuer', async () => {
    const [token, verify] = [await issuer.signIn('ana'), verifierOf()];
    expect(await problemOf(verify, await issuer.accessTokenOf('ana'))).toBe('it is no id token, which is a signed JWT');
    for (const typ of ['at+jwt', 'logout+jwt']) {
      expect(await problemOf(verify, forged(token, {}, { typ }))).toBe('it is another kind of token');
    }
  });
});

describe('the keys of the issuer', () => {
  test('may change at any time; the one before is good no more once that is known', async () => {
    const verify = verifierOf();
    const before = await issuer.signIn('ana');
    await verify(before);
    issuer.rotateKey();
    expect(await verify(await issuer.signIn('ana'))).toMatchObject({ sub: 'ana' });
    expect(await problemOf(verify, before)).toBe('it is signed by a key that the issuer does not show');
  });

  test('are asked for once by many, and so many times a minute whatever comes', async () => {
    const [token, verify] = [await issuer.signIn('ana'), verifierOf()];
    await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    expect(issuer.keyRequests).toBe(1);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect(await problemOf(verify, forged(token, {}, { kid: `unknown-${attempt}` }))).toMatch(/does not show/);
    }
    expect(issuer.keyRequests).toBe(6);
    expect(await verify(token)).toMatchObject({ sub: 'ana' });
    steadyOffMs = minuteMs;
    await problemOf(verify, forged(token, {}, { kid: 'unknown' }));
    expect(issuer.keyRequests).toBe(7);
  });

  test('that cannot be had let nobody in, and those from before do so only for ten minutes', async () => {
    const [token, verify] = [await issuer.signIn('ana'), verifierOf()];
    await verify(token);
    await issuer.stop();
    steadyOffMs = 9 * minuteMs;
    expect(await verify(token)).toMatchObject({ sub: 'ana' });
    steadyOffMs = 11 * minuteMs;
    const failures: CardumeError[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) failures.push(await failureOf(() => verify(token)));
    for (const failure of failures) {
      expect(failure).toMatchObject({ reason: 'ISSUER_UNAVAILABLE', code: 'UNAVAILABLE' });
      expect(failure.retryDelayMs).toBeGreaterThan(0);
      expect(failure.message).not.toContain('127.0.0.1');
    }
    await issuer.start();
    expect((await failureOf(() => verify(token))).reason).toBe('ISSUER_UNAVAILABLE');
    steadyOffMs += minuteMs;
    expect(await verify(token)).toMatchObject({ sub: 'ana' });
  });
});
