import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { holderOfNames } from '../../src/core/trust/holder-of-names.ts';
import {
  type CertificateHolder,
  certificateUri,
  checkToken,
  hashToken,
  indexServerName,
  isToken,
  isTokenOfHash,
  keyIdOf,
  matchesShortId,
  parseCertificateUri,
  parseShortId,
  peerServerName,
  roles,
  shortIdOf,
  tokenOf,
  userNameProblem,
} from '../../src/trust.ts';

const bytes = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });
const ids = bytes(32).map((id) => Buffer.from(id).toString('hex'));
const users = fc
  .oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.emailAddress())
  .filter((user) => userNameProblem(user) === null);
const identities = fc.record({ networkId: ids, peerId: ids, user: users, role: fc.constantFrom(...roles) });
const holders: fc.Arbitrary<CertificateHolder> = fc.oneof(
  identities.map((identity) => ({ kind: 'peer' as const, identity })),
  ids.map((networkId) => ({ kind: 'index' as const, networkId })),
);
const [networkId, peerId] = ['1f'.repeat(32), 'e0'.repeat(32)];

describe('the URI of a certificate', () => {
  test('is one spelling of whom it is for', () => {
    const identity = { networkId, peerId, user: "o'ana @ü", role: 'member' as const };
    const uri = certificateUri({ kind: 'peer', identity });
    expect(uri).toBe(`cardume://${networkId}/peer/${peerId}?role=member&user=o%27ana%20%40%C3%BC`);
    expect(certificateUri({ kind: 'index', networkId })).toBe(`cardume://${networkId}/index`);
    expect(holderOfNames(`DNS:x, URI:${uri}`)).toEqual({ kind: 'peer', identity });
    fc.assert(
      fc.property(holders, (holder) => {
        const written = certificateUri(holder);
        expect(written).toMatch(/^[\x21-\x7e]{1,420}$/);
        expect(parseCertificateUri(written)).toEqual(holder);
      }),
    );
  });

  test('with any one character changed is nobody, or plainly another', () => {
    const inserted = fc.string({ unit: 'binary', maxLength: 2 });
    fc.assert(
      fc.property(holders, fc.nat(), fc.nat(2), inserted, (holder, place, removed, text) => {
        const uri = certificateUri(holder);
        const at = place % (uri.length + 1);
        const changed = uri.slice(0, at) + text + uri.slice(at + removed);
        const read = parseCertificateUri(changed);
        // Whatever is read is written in that one way: no two spellings are one holder.
        if (read !== undefined) expect(certificateUri(read)).toBe(changed);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    '',
    `cardume://${networkId}`,
    `cardume://${networkId}/index/`,
    `cardume://${networkId}/index?role=admin`,
    `cardume://${networkId}/index\n`,
    `CARDUME://${networkId}/index`,
    `cardume://${networkId.toUpperCase()}/index`,
    `cardume://${networkId}/peer/${peerId}`,
    `cardume://${networkId}/peer/${peerId}?role=owner&user=a`,
    `cardume://${networkId}/peer/${peerId}?user=a&role=admin`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=a&role=reader`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=a#x`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=%61`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=%c3%bc`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=%FF`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=%00`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=a%E2%80%AEb`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=e%CC%81`,
    `cardume://${networkId}/peer/${peerId}?role=admin&user=${'a'.repeat(65)}`,
    `cardume://x@${networkId}/peer/${peerId}?role=admin&user=a`,
  ])('%j is nobody', (uri) => expect(parseCertificateUri(uri)).toBeUndefined());

  test('is the only one in a certificate, and no name passes for it', () => {
    const uri = `URI:cardume://${networkId}/index`;
    expect(holderOfNames(`${uri}, DNS:localhost`)).toEqual({ kind: 'index', networkId });
    const none = [
      undefined,
      '',
      'DNS:localhost',
      `${uri}, ${uri}`,
      `${uri}, URI:https://x`,
      `DNS:"x, ${uri}, y"`,
      ` ${uri}`,
    ];
    expect(none.map(holderOfNames)).toEqual(none.map(() => undefined));
    expect(holderOfNames(`${uri}, DNS:${'a'.repeat(20_000)}`)).toBeUndefined();
  });
});

test('the DNS names of peers and of the index are such that every TLS client takes', () => {
  fc.assert(
    fc.property(ids, ids, (network, peer) => {
      for (const name of [peerServerName(network, peer), indexServerName(network)]) {
        expect(name.length).toBeLessThan(254);
        expect(name).toMatch(/^([a-z0-9]{1,63}\.)+internal$/);
      }
      expect(peerServerName(network, peer).startsWith(peer.slice(0, 32))).toBe(true);
    }),
  );
  expect(() => peerServerName(networkId, 'localhost')).toThrow('peer_id');
});

describe('a short id', () => {
  test('is four groups of four, the same for the same peer, and matches no other', () => {
    expect(shortIdOf('0'.repeat(64))).toBe('0000-0000-0000-0000');
    expect(shortIdOf('f'.repeat(64))).toBe('zzzz-zzzz-zzzz-zzzz');
    expect(shortIdOf('0123456789abcdef0123'.padEnd(64, '5'))).toBe('04hm-asw9-nf6y-y093');
    fc.assert(
      fc.property(ids, ids, (peer, other) => {
        const short = shortIdOf(peer);
        expect(short).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
        expect(parseShortId(short)).toBe(short);
        expect(matchesShortId(short, peer)).toBe(true);
        expect(matchesShortId(short, other)).toBe(peer.slice(0, 20) === other.slice(0, 20));
      }),
    );
  });

  test('is read as people write and say it', async () => {
    const peer = '0123456789abcdef0123'.padEnd(64, '5');
    for (const text of ['04hm-asw9-nf6y-y093', 'O4HM ASW9 NF6Y Y093', 'o4hmasw9nf6yyo93', ' 04hm-asw9-nf6y-y093\n']) {
      expect(matchesShortId(text, peer)).toBe(true);
    }
    expect(parseShortId('iIlL-1111-1111-1111')).toBe('1111-1111-1111-1111');
    for (const text of [
      '',
      '04hm',
      '04hm-asw9-nf6y-y09u',
      '04hm-asw9-nf6y-y0933',
      ' '.repeat(99),
      '04hm-asw9-nf6y-y09\u00e9',
    ]) {
      expect((await failureOf(() => parseShortId(text))).reason).toBe('INVALID_FIELD');
    }
  });
});

describe('a token', () => {
  test('has a form that tells when it is mistyped', async () => {
    const token = tokenOf(new Uint8Array(32).fill(1));
    expect(token).toMatch(/^cdm_[A-Za-z0-9_-]{48}$/);
    expect(checkToken(token)).toBe(token);
    fc.assert(fc.property(bytes(32), (secret) => isToken(tokenOf(secret))));
    for (let at = 0; at < token.length; at += 1) {
      for (const other of 'AZaz09-_+ ') {
        const damaged = token.slice(0, at) + other + token.slice(at + 1);
        if (damaged === token) continue;
        const error = await failureOf(() => checkToken(damaged));
        expect(error.reason).toBe('INVALID_FIELD');
        expect(error.message).not.toContain(damaged.slice(4, 20));
      }
    }
    expect(['', 'cdm_', `${token}A`, `${token}\n`, token.slice(0, -1)].filter(isToken)).toEqual([]);
    expect(() => tokenOf(new Uint8Array(31))).toThrow('32 random bytes');
  });

  test('is known again by its hash', () => {
    const [one, other] = [tokenOf(new Uint8Array(32).fill(1)), tokenOf(new Uint8Array(32).fill(2))];
    expect(hashToken(one).length).toBe(32);
    expect([isTokenOfHash(one, hashToken(one)), isTokenOfHash(other, hashToken(one))]).toEqual([true, false]);
    expect(isTokenOfHash(one, new Uint8Array(0))).toBe(false);
  });
});

test.each([
  ['', 'it is empty'],
  ['\ud800', 'it is not valid Unicode'],
  ['é'.repeat(33), 'it is longer than 64 bytes'],
  ['e\u0301', 'it is not in Unicode normal form C'],
  ['a\u0000', 'it has characters that do not print'],
  ['a\u202eb', 'it has characters that do not print'],
  ['a\u200db', 'it has characters that do not print'],
  ['ana ', 'it begins or ends with space'],
  ['ana', null],
  ['Ana Lúcia', null],
  ['ana@example.org', null],
  ['é'.repeat(32), null],
])('of %j as the name of a user: %j', (user, problem) => expect(userNameProblem(user)).toBe(problem));

test('the id of a key is the SHA-256 of its SubjectPublicKeyInfo, as openssl has it', () => {
  // openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum
  const certificate = new X509Certificate(`-----BEGIN CERTIFICATE-----
MIIBbzCCARWgAwIBAgIUOUF5wCuW8P6WnjSohRM4N/jbI2AwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAgFw0yNjExMjcwODQ3MDVaGA8yMTI2MTEwMzA4NDcwNVow
DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOb13hjFaT8c
YcMUSLCIVjAYV/omLqJZpkK0J8/NwxqqkHDdFWfUh4iZlsFstC8f6C0SPIMn6NIE
KfkW5+ApRdKjUzBRMB0GA1UdDgQWBBR15kRVhbjpgjqmUDDcTyTbATCF0TAfBgNV
HSMEGDAWgBR15kRVhbjpgjqmUDDcTyTbATCF0TAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIC7plPquN55mHLIUM+cwURw1TmLeGGxaSfojHfnpZHmN
AiEApLmGAJHGSWnoQYWMY/zPbJTniAuHJi+GzUsErU3JgFg=
-----END CERTIFICATE-----`);
  expect(keyIdOf(certificate.publicKey.export({ type: 'spki', format: 'der' }))).toBe(
    'c3cecc411b7f2683204427104a63a15e72d1923491b293f29c0862be6002abb8',
  );
});
