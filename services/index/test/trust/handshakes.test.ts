// Stock TLS 1.3 between peers with certificates of a network, and what we check after it.
import { X509Certificate } from 'node:crypto';
import { CardumeError, messageOf } from '@cardume/client';
import {
  checkIndexCertificate,
  checkPeerCertificate,
  checkPinnedChain,
  indexServerName,
  makeKey,
  presentedChain,
  publicKeyDerOfPrivate,
  readPrivateKey,
  verifyCertificate,
} from '@cardume/client/trust';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { makeAuthorityKey, signerOf } from '../../src/adapters/trust/make-authority-key.ts';
import type { Authority } from '../../src/adapters/trust/open-authority.ts';
import { signCertificate } from '../../src/adapters/trust/sign-certificate.ts';
import type { AuthorityRecord } from '../../src/core/trust/authority-record.ts';
import { signingWithNextKey, withNextKey, withoutPreviousKeys } from '../../src/core/trust/rotate-authority.ts';
import { type Handshake, handshake, type Side } from '../support/handshake.ts';
import { authorityOf, clockOffBy, enrol, hourMs, newNetwork, type TestPeer } from '../support/trust-world.ts';

let record: AuthorityRecord;
let authority: Authority;
let ana: TestPeer;
let ben: TestPeer;

beforeAll(async () => {
  record = await newNetwork();
  authority = authorityOf(record);
  ana = await enrol(authority);
  ben = await enrol(authority, { user: 'ben@example.org', role: 'reader' });
});

/** Ben, or whoever it is, dials a peer as one that was asked for; each says who the other is. */
function dial(server: Side, client: Side, asked = ana): Promise<Handshake<string, string>> {
  return handshake(
    server,
    client,
    { servername: asked.servername },
    (socket) => checkPeerCertificate(socket.getPeerX509Certificate(), authority.networkId, asked.peerId).user,
    (socket) => checkPeerCertificate(socket.getPeerX509Certificate(), authority.networkId).user,
  );
}

test('peers of one network know each other, whatever the address', async () => {
  expect(await dial(ana, ben)).toEqual({ client: 'ana', server: 'ben@example.org' });
  const identity = checkPeerCertificate(new X509Certificate(ben.cert).raw, authority.networkId, ben.peerId);
  expect(identity).toEqual({
    networkId: authority.networkId,
    peerId: ben.peerId,
    user: 'ben@example.org',
    role: 'reader',
  });
});

test('another peer of the network than the one asked for is refused by stock TLS, and by us', async () => {
  expect((await dial(ben, ana, ana)).client).toContain("does not match certificate's altnames");
  const error = await failureOf(() =>
    checkPeerCertificate(new X509Certificate(ben.cert), authority.networkId, ana.peerId),
  );
  expect(error).toMatchObject({ reason: 'CERTIFICATE_REFUSED', code: 'UNAUTHENTICATED' });
  expect(error.message).toContain(`it is that of peer ${ben.peerId}`);
});

test.each([
  ['the clock of the index 5 minutes ahead', 5 * 60_000, hourMs],
  ['the clock of the index 5 minutes behind', -5 * 60_000, hourMs],
])('%s is no matter', async (_title, offMs, lifetimeMs) => {
  const other = await enrol(authorityOf(record, offMs), { user: 'cy', lifetimeMs });
  expect(await dial(other, ben, other)).toEqual({ client: 'cy', server: 'ben@example.org' });
  expect(await dial(ana, other)).toEqual({ client: 'ana', server: 'cy' });
});

describe.each([
  ['that expired', /CERT_HAS_EXPIRED|has expired/, () => enrol(authorityOf(record, -2 * hourMs))],
  [
    'that is not valid for minutes yet',
    /CERT_NOT_YET_VALID|not yet valid/,
    () => enrol(authorityOf(record, 11 * 60_000)),
  ],
  [
    'of another network',
    /unable to|UNABLE_TO|self-signed|SELF_SIGNED/,
    async () => ({ ...(await enrolElsewhere()), ca: ana.ca }),
  ],
])('a certificate %s', (_title, problem, make) => {
  test('is refused of a server and of a client', async () => {
    const other = await make();
    const asServer = await dial(other, ben, other);
    expect(asServer.client).toMatch(problem);
    const asClient = await dial(ana, other);
    expect(asClient.server).toMatch(problem);
    expect(asClient.client).toMatch(/closed by the server|ECONNRESET/);
  });
});

async function enrolElsewhere(): Promise<TestPeer> {
  return await enrol(authorityOf(await newNetwork()));
}

test("a client without certificate is refused, and one whose key is not the certificate's cannot even begin", async () => {
  const { client, server } = await dial(ana, { ca: ben.ca });
  expect({ client, server }).toEqual({
    client: expect.stringContaining('certificate required'),
    server: expect.stringContaining('peer did not return a certificate'),
  });
  await expect(dial(ana, { ...ben, key: ana.key })).rejects.toThrow('key values mismatch');
});

test("a certificate whose id is not that of its key is refused, though the network's key signed it", async () => {
  const uri = new X509Certificate(ana.cert).subjectAltName?.split(', ')[0]?.slice('URI:'.length) ?? '';
  const signing = record.keys[0]?.privateKey ?? '';
  const validity = { notBeforeMs: Date.now() - hourMs, notAfterMs: Date.now() + hourMs };
  const publicKeyDer = publicKeyDerOfPrivate(readPrivateKey(ben.key, 'key'));
  const sign = (...uris: [string, ...string[]]): X509Certificate => {
    const [first, ...others] = uris;
    const names = { uri: first, dnsNames: others, ipAddresses: [] };
    return signCertificate(signerOf(signing), { publicKeyDer, names }, validity, clockOffBy(0).randomBytes);
  };
  const refusal = async (certificate: X509Certificate): Promise<string> =>
    (await failureOf(() => checkPeerCertificate(certificate, authority.networkId))).message;
  expect(await refusal(sign(uri))).toContain('its peer id is not that of its key');
  // A name that Node must quote, because it would pass for two.
  expect(await refusal(sign('spiffe://x', `x, URI:${uri}`))).toContain('it names no peer');
  expect(await refusal(sign(`${uri}&role=admin`))).toContain('it names no peer');
});

describe('the index', () => {
  const indexSide = async (of: Authority, hosts: string[] = []): Promise<Required<Side>> => {
    const key = await makeKey();
    const { chain } = of.issueForIndex(publicKeyDerOfPrivate(readPrivateKey(key, 'key')), { hosts });
    return { key, cert: chain, ca: of.trusted };
  };
  const call = (server: Side, servername: string) =>
    handshake(
      server,
      ben,
      { servername },
      (socket) => checkIndexCertificate(socket.getPeerX509Certificate(), authority.networkId) ?? 'the index',
      (socket) => checkPeerCertificate(socket.getPeerX509Certificate(), authority.networkId).user,
    );
  const firstContact = (server: Side, networkId: string, nowMs = Date.now()) =>
    handshake(
      { ...server, ca: authority.trusted },
      { ca: '', cert: ben.cert, key: ben.key },
      { servername: indexServerName(networkId), rejectUnauthorized: false },
      (socket) => checkPinnedChain(presentedChain(socket), networkId, nowMs) ?? 'the index',
      () => 'taken',
    );

  test('is known by its made name, as localhost and by what its operator calls it, and by nothing else', async () => {
    const index = await indexSide(authority, ['index.example', '192.0.2.1', '2001:DB8::1', '::ffff:192.0.2.7']);
    const names = [indexServerName(authority.networkId), 'localhost', 'index.example'];
    for (const name of names) {
      expect(await call(index, name)).toEqual({ client: 'the index', server: 'ben@example.org' });
    }
    expect((await call(index, 'other.example')).client).toContain("does not match certificate's altnames");
    const { subjectAltName } = new X509Certificate(index.cert);
    expect(subjectAltName).toContain('IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:192.0.2.1');
    expect(subjectAltName).toContain('IP Address:2001:DB8:0:0:0:0:0:1, IP Address:0:0:0:0:0:FFFF:C000:207');
  });

  test('is no peer, and a peer is not the index', async () => {
    const index = new X509Certificate((await indexSide(authority)).cert);
    expect((await failureOf(() => checkPeerCertificate(index, authority.networkId))).reason).toBe(
      'CERTIFICATE_REFUSED',
    );
    const peer = new X509Certificate(ana.cert);
    expect((await failureOf(() => checkIndexCertificate(peer, authority.networkId))).reason).toBe(
      'CERTIFICATE_REFUSED',
    );
  });

  test.each([
    [['a b']],
    [['1::2::3']],
    [['fe80::1%eth0']],
    [['a_b.example']],
    [Array.from({ length: 33 }, (_, at) => `h${at}`)],
  ])('gets no certificate for %j', async (hosts) => {
    expect((await failureOf(() => indexSide(authority, hosts))).reason).toBe('INVALID_FIELD');
  });

  test('is known at first contact by the id of the network alone', async () => {
    const index = await indexSide(authority);
    expect((await firstContact(index, authority.networkId)).client).toBe('the index');
  });

  test('is not taken for itself at first contact when another network, a peer or a wrong clock is in the way', async () => {
    const other = authorityOf(await newNetwork());
    const index = await indexSide(other);
    expect((await firstContact(index, authority.networkId)).client).toContain(`it is of network ${other.networkId}`);
    // A stranger that makes a certificate with our network in it, and shows our authority besides.
    const stranger = signerOf(await makeKey());
    const names = { uri: `cardume://${authority.networkId}/index`, dnsNames: [], ipAddresses: [] };
    const key = await makeKey();
    const subject = { publicKeyDer: publicKeyDerOfPrivate(readPrivateKey(key, 'key')), names };
    const validity = { notBeforeMs: Date.now() - hourMs, notAfterMs: Date.now() + hourMs };
    const forged = signCertificate(stranger, subject, validity, clockOffBy(0).randomBytes).toString();
    const problem = 'the chain that the server shows is broken';
    expect(
      (await firstContact({ cert: forged + authority.trusted, key, ca: '' }, authority.networkId)).client,
    ).toContain(problem);
    expect((await firstContact({ cert: forged, key, ca: '' }, authority.networkId)).client).toContain(
      'does not show who signed it',
    );
    const self = { ...stranger, authority: { commonName: stranger.commonName } };
    const root = signCertificate(stranger, self, validity, clockOffBy(0).randomBytes).toString();
    expect((await firstContact({ cert: forged + root, key, ca: '' }, authority.networkId)).client).toContain(
      'other keys',
    );
    expect((await firstContact({ ...ana, cert: ana.cert + authority.trusted }, authority.networkId)).client).toContain(
      "it is a peer's",
    );
    const own = await indexSide(authority);
    expect((await firstContact(own, authority.networkId, Date.now() + 24 * hourMs)).client).toContain('it expired at');
    expect((await firstContact(own, authority.networkId, Date.now() - hourMs)).client).toContain('look at the clock');
  });

  test('goes on with other keys, so that nobody notices who renews between the steps', async () => {
    const components = clockOffBy(0);
    const addKey = async (before: AuthorityRecord): Promise<AuthorityRecord> =>
      withNextKey(before, await makeAuthorityKey(components, signerOf(before.keys.at(-1)?.privateKey ?? '')));
    const added = await addKey(record);
    const signing = signingWithNextKey(added);
    const retired = withoutPreviousKeys(signing);
    const [addedTo, nextSigns, onlyNext] = [added, signing, retired].map((step) => authorityOf(step)) as [
      Authority,
      Authority,
      Authority,
    ];
    for (const step of [addedTo, nextSigns, onlyNext]) expect(step.networkId).toBe(authority.networkId);

    // Each with the certificate and the trusted keys of one step.
    const between = await enrol(addedTo, { user: 'between' });
    const after = await enrol(nextSigns, { user: 'after' });
    const last = await enrol(onlyNext, { user: 'last' });
    const pairs = [
      [ana, between],
      [between, after],
      [after, last],
    ] as const;
    for (const [one, other] of pairs) {
      expect(await dial(one, other, one)).toEqual({ client: userOf(one), server: userOf(other) });
      expect(await dial(other, one, other)).toEqual({ client: userOf(other), server: userOf(one) });
    }
    // Who did not renew for two steps is out, on both sides.
    expect((await dial(after, ana, after)).client).toMatch(/unable to|self-signed/);
    expect((await dial(between, last, between)).client).toMatch(/unable to|self-signed/);

    // An old invite still leads to the index, over as many keys as there were.
    const further = withoutPreviousKeys(signingWithNextKey(await addKey(retired)));
    for (const step of [added, signing, retired, further]) {
      const index = await indexSide(authorityOf(step));
      expect((await firstContact(index, authority.networkId)).client).toBe('the index');
    }
    expect(further.keys.map(({ state, privateKey }) => [state, privateKey !== undefined])).toEqual([
      ['retired', false],
      ['retired', false],
      ['signing', true],
    ]);
  });

  test('verifies by itself, where TLS was told to go on without, as TLS does', async () => {
    const both = [...record.keys, ...(await newNetwork()).keys].map(
      ({ certificate }) => new X509Certificate(certificate),
    );
    const certificate = new X509Certificate(ana.cert);
    expect(verifyCertificate(certificate, both, Date.now())).toBe(both[0]);
    const later = Date.now() + 2 * hourMs;
    const tries: [string, () => unknown][] = [
      ['none of the authorities', () => verifyCertificate(certificate, both.slice(1), Date.now())],
      ['none of the authorities', () => verifyCertificate(certificate, [certificate], Date.now())],
      ['it expired', () => verifyCertificate(certificate, both, later)],
      ['valid only from', () => verifyCertificate(certificate, both, Date.now() - hourMs)],
    ];
    for (const [problem, verify] of tries) {
      const error = await failureOf(verify);
      expect(error.reason).toBe('CERTIFICATE_REFUSED');
      expect(error.message).toContain(problem);
    }
  });
});

test('what is no certificate is refused as such', async () => {
  for (const bad of [undefined, Buffer.from('x'), Buffer.alloc(20_000), new X509Certificate(authority.trusted)]) {
    const error = await failureOf(() => checkPeerCertificate(bad, authority.networkId));
    expect(CardumeError.is(error) && error.reason).toBe('CERTIFICATE_REFUSED');
    expect(messageOf(error)).toMatch(/^certificate refused: /);
  }
});

function userOf(peer: TestPeer): string {
  return checkPeerCertificate(new X509Certificate(peer.cert), authority.networkId).user;
}
