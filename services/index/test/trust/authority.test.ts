import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkPinnedChain,
  hasSigned,
  makeKey,
  makeRequest,
  openIdentityFolder,
  publicKeyDerOfPrivate,
  readPrivateKey,
} from '@cardume/client/trust';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeWith } from '../../../../tests/support/describe-with.ts';
import { failureOf } from '../../../../tests/support/failure-of.ts';
import { findCommand } from '../../../../tests/support/find-command.ts';
import { newFolders } from '../../../../tests/support/new-folders.ts';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { openAuthorityFolder, rotateAuthorityFolder } from '../../src/adapters/trust/authority-folder.ts';
import { makeAuthorityKey, signerOf } from '../../src/adapters/trust/make-authority-key.ts';
import { type Authority, openAuthority } from '../../src/adapters/trust/open-authority.ts';
import { formatAuthority, parseAuthority } from '../../src/core/trust/authority-record.ts';
import { signingWithNextKey, withoutPreviousKeys } from '../../src/core/trust/rotate-authority.ts';
import { handshake } from '../support/handshake.ts';
import { authorityOf, clockOffBy, enrol, hourMs, newNetwork } from '../support/trust-world.ts';

const newFolder = newFolders(temporaryFolder());
const components = clockOffBy(0);
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('a certificate', () => {
  test('says what the network decided, and nothing that the request claims', async () => {
    const nowMs = Date.parse('2027-01-02T03:04:05.678Z');
    const authority = authorityOf(await newNetwork(), nowMs - Date.now());
    const key = await makeKey();
    const fixed = openAuthority(await newNetwork(), { ...components, nowMs: () => nowMs });
    const issued = fixed.issue(await makeRequest(key), { user: 'Ana Lúcia, "x"', role: 'admin', lifetimeMs: hourMs });
    const certificate = new X509Certificate(issued.certificate);
    const { peerId } = issued.identity;
    const made = `${peerId.slice(0, 32)}.peer.${fixed.networkId.slice(0, 32)}.cardume.internal`;
    expect(certificate.subjectAltName).toBe(
      `URI:cardume://${fixed.networkId}/peer/${peerId}?role=admin&user=Ana%20L%C3%BAcia%2C%20%22x%22, DNS:${made}`,
    );
    expect(certificate.subject).toBeUndefined();
    expect(certificate.ca).toBe(false);
    expect(certificate.validFromDate.toISOString()).toBe('2027-01-02T02:54:05.000Z');
    expect(certificate.validToDate.toISOString()).toBe('2027-01-02T04:04:05.000Z');
    expect(issued.notAfterMs).toBe(certificate.validToDate.getTime());
    expect(issued.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(authority.networkId).not.toBe(fixed.networkId);
  });

  test('is never issued on terms that are malformed', async () => {
    const authority = authorityOf(await newNetwork());
    const request = await makeRequest(await makeKey());
    const good = { user: 'ana', role: 'member' } as const;
    const bad: [string, object][] = [
      ['user', { user: '' }],
      ['user', { user: 'a\u202eb' }],
      ['user', { user: 'é'.repeat(33) }],
      ['user', { user: ' ana' }],
      ['role', { role: 'owner' }],
      ['lifetime', { lifetimeMs: 59_999 }],
      ['lifetime', { lifetimeMs: 169 * hourMs }],
      ['lifetime', { lifetimeMs: Number.NaN }],
    ];
    for (const [field, change] of bad) {
      const error = await failureOf(() => authority.issue(request, { ...good, ...change }));
      expect(error).toMatchObject({ reason: 'INVALID_FIELD', metadata: { field } });
    }
  });

  test('ends with its authority, and is not issued when that has ended', async () => {
    const record = await newNetwork();
    const end = new X509Certificate(record.keys[0]?.certificate ?? '').validToDate.getTime();
    const request = await makeRequest(await makeKey());
    const terms = { user: 'ana', role: 'reader', lifetimeMs: hourMs } as const;
    const nearEnd = openAuthority(record, { ...components, nowMs: () => end - 30 * 60_000 });
    expect(nearEnd.issue(request, terms).notAfterMs).toBe(end);
    const atEnd = openAuthority(record, { ...components, nowMs: () => end });
    expect((await failureOf(() => atEnd.issue(request, terms))).reason).toBe('STORAGE_FAILED');
  });
});

describe('the folder of an authority', () => {
  test('is made with a key that only its owner may read, and is the same network from then on', async () => {
    const folder = join(await newFolder(), 'trust');
    const authority = await openAuthorityFolder(folder, components);
    expect([folder, join(folder, 'authority.json')].map(modeOf)).toEqual(['700', '600']);
    expect(readdirSync(folder).sort()).toEqual(['authorities.pem', 'authority.json']);
    expect(readFileSync(join(folder, 'authorities.pem'), 'utf8')).toBe(authority.trusted);
    const again = await openAuthorityFolder(folder, components);
    expect([again.networkId, again.trusted]).toEqual([authority.networkId, authority.trusted]);
    // As replicas get it: the whole text as one secret.
    const secret = readFileSync(join(folder, 'authority.json'), 'utf8');
    expect(openAuthority(parseAuthority(secret), components).networkId).toBe(authority.networkId);
  });

  test('has one network when many begin it at once', async () => {
    const folder = join(await newFolder(), 'trust');
    const all = await Promise.all(Array.from({ length: 8 }, () => openAuthorityFolder(folder, components)));
    expect(new Set(all.map(({ networkId }) => networkId)).size).toBe(1);
    expect(readdirSync(folder).sort()).toEqual(['authorities.pem', 'authority.json']);
  });

  test('is refused when others may read the key or put another one there', async () => {
    const folder = join(await newFolder(), 'trust');
    await openAuthorityFolder(folder, components);
    chmodSync(join(folder, 'authority.json'), 0o640);
    const readable = await failureOf(() => openAuthorityFolder(folder, components));
    expect(readable.reason).toBe('NOT_ALLOWED');
    expect(readable.message).toContain('others may read this key (mode 0640); run chmod 600');
    chmodSync(join(folder, 'authority.json'), 0o600);
    chmodSync(folder, 0o770);
    expect((await failureOf(() => openAuthorityFolder(folder, components))).message).toContain(
      'others may write there',
    );
  });

  test('goes on with another key in three steps, in their order', async () => {
    const folder = join(await newFolder(), 'trust');
    const first = await openAuthorityFolder(folder, components);
    const rotate = (step: Parameters<typeof rotateAuthorityFolder>[1]): Promise<Authority> =>
      rotateAuthorityFolder(folder, step, components);
    const count = (trusted: string): number => trusted.split('BEGIN CERTIFICATE').length - 1;
    expect((await failureOf(() => rotate('sign-with-next'))).reason).toBe('INVALID_FIELD');
    expect(count((await rotate('add-next')).trusted)).toBe(2);
    expect((await failureOf(() => rotate('add-next'))).reason).toBe('INVALID_FIELD');
    expect(count((await rotate('sign-with-next')).trusted)).toBe(2);
    const last = await rotate('retire-previous');
    expect(count(last.trusted)).toBe(1);
    expect(last.networkId).toBe(first.networkId);
    expect(modeOf(join(folder, 'authority.json'))).toBe('600');
    expect(readFileSync(join(folder, 'authorities.pem'), 'utf8')).toBe(last.trusted);
    expect((await openAuthorityFolder(folder, components)).trusted).toBe(last.trusted);
    expect(last.trusted).not.toContain(first.trusted);
  });

  test('is refused when it is not what was written, and no error shows what is in it', async () => {
    const record = await newNetwork();
    const other = await newNetwork();
    const text = formatAuthority(record);
    expect(parseAuthority(text)).toEqual(record);
    const [key, otherKey] = [record.keys[0], other.keys[0]] as const;
    if (key === undefined || otherKey === undefined) throw new Error('no key');
    const { privateKey: _, ...bare } = key;
    const signer = signerOf(key.privateKey ?? '');
    const [next, another] = [await makeAuthorityKey(components, signer), await makeAuthorityKey(components, signer)];
    expect(openAuthority({ keys: [key, next] }, components).networkId).toBe(authorityOf(record).networkId);
    const wrong: unknown[] = [
      {},
      null,
      { version: 2, keys: [key] },
      { version: 1, keys: [] },
      { version: 1, keys: [{ ...key, state: 'lost' }] },
      { version: 1, keys: [bare] },
      { version: 1, keys: [{ ...key, certificate: 1 }] },
      { version: 1, keys: [{ ...key, certificate: 'x' }] },
      { version: 1, keys: [{ ...key, privateKey: otherKey.privateKey }] },
      { version: 1, keys: [{ ...key, privateKey: 'x' }] },
      { version: 1, keys: [key, { ...next, handover: another.handover }] },
      { version: 1, keys: [key, { ...otherKey, state: 'next' }] },
      { version: 1, keys: [key, { ...otherKey, state: 'next', handover: otherKey.certificate }] },
      {
        version: 1,
        keys: [
          { ...otherKey, state: 'next' },
          { ...key, handover: key.certificate },
        ],
      },
    ];
    const texts = ['', text.slice(0, -9), ...wrong.map((value) => JSON.stringify(value))];
    for (const bad of texts) {
      const error = await failureOf(() => openAuthority(parseAuthority(bad), components));
      expect(error.reason).toBe('INVALID_FIELD');
      expect(error.message).not.toContain('PRIVATE');
    }
    await fc.assert(
      fc.asyncProperty(fc.json(), async (json) => {
        expect((await failureOf(() => parseAuthority(json))).reason).toBe('INVALID_FIELD');
      }),
    );
  });

  test('keeps no private key that signs no more', async () => {
    const folder = join(await newFolder(), 'trust');
    await openAuthorityFolder(folder, components);
    const read = () => parseAuthority(readFileSync(join(folder, 'authority.json'), 'utf8'));
    const first = read().keys[0]?.privateKey ?? '';
    await rotateAuthorityFolder(folder, 'add-next', components);
    const after = withoutPreviousKeys(signingWithNextKey(read()));
    expect(formatAuthority(after)).not.toContain(first.split('\n')[1]);
  });
});

describe('the identity of a peer', () => {
  test('keeps what the network gave, over restarts and renewals', async () => {
    const folder = join(await newFolder(), 'identity');
    const authority = authorityOf(await newNetwork());
    const identity = await openIdentityFolder(folder);
    const terms = { user: 'ana', role: 'member', lifetimeMs: hourMs } as const;
    const request = await makeRequest(identity.privateKey);
    const give = () => {
      const { certificate } = authority.issue(request, terms);
      return { networkId: authority.networkId, certificate, authorities: authority.trusted };
    };
    const given = give();
    const kept = await identity.keep(given);
    expect(kept.identity).toEqual({
      networkId: authority.networkId,
      peerId: identity.peerId,
      user: 'ana',
      role: 'member',
    });
    expect((await openIdentityFolder(folder)).membership).toEqual({
      ...given,
      identity: kept.identity,
      notBeforeMs: kept.notBeforeMs,
      notAfterMs: kept.notAfterMs,
    });
    const renewed = await identity.keep(give());
    const again = await openIdentityFolder(folder);
    expect(again.membership).toEqual(renewed);
    expect(again.peerId).toBe(identity.peerId);
    expect(renewed.certificate).not.toBe(given.certificate);
    const names = ['authorities.pem', 'certificate.pem', 'key.pem', 'network'];
    expect(readdirSync(folder).sort()).toEqual(names);
    expect(names.map((name) => modeOf(join(folder, name)))).toEqual(['644', '644', '600', '644']);
  });

  test("keeps no certificate of another's key, another network, or that is none", async () => {
    const folder = join(await newFolder(), 'identity');
    const [authority, elsewhere] = [authorityOf(await newNetwork()), authorityOf(await newNetwork())];
    const identity = await openIdentityFolder(folder);
    const other = await enrol(authority);
    const of = ({ networkId, trusted }: Authority, certificate: string) => ({
      networkId,
      authorities: trusted,
      certificate,
    });
    const request = await makeRequest(identity.privateKey);
    const issue = (by: Authority): string => by.issue(request, { user: 'ana', role: 'reader' }).certificate;
    const reasonOf = async (membership: Parameters<typeof identity.keep>[0]): Promise<string> =>
      (await failureOf(() => identity.keep(membership))).reason;
    expect(await reasonOf(of(authority, other.cert))).toBe('CERTIFICATE_REFUSED');
    expect(await reasonOf(of(authority, issue(elsewhere)))).toBe('CERTIFICATE_REFUSED');
    expect(await reasonOf({ ...of(authority, issue(authority)), authorities: '' })).toBe('INVALID_FIELD');
    expect(await reasonOf(of(authority, 'x'))).toBe('INVALID_FIELD');
    expect(await reasonOf({ ...of(authority, issue(authority)), networkId: '../x' })).toBe('INVALID_FIELD');
    expect(readdirSync(folder)).toEqual(['key.pem']);
    await identity.keep(of(authority, issue(authority)));
    expect((await failureOf(() => identity.keep(of(elsewhere, issue(elsewhere))))).message).toContain(
      'use another folder',
    );
  });

  test('is that of a peer that has not enrolled, when a crash came before the last file', async () => {
    const root = await newFolder();
    const authority = authorityOf(await newNetwork());
    const whole = join(root, 'whole');
    const identity = await openIdentityFolder(whole);
    const { certificate } = authority.issue(await makeRequest(identity.privateKey), { user: 'ana', role: 'member' });
    await identity.keep({ networkId: authority.networkId, certificate, authorities: authority.trusted });
    // In the order in which they are written; what a crash leaves half written stands beside, under another name.
    const order = ['key.pem', 'network', 'authorities.pem', 'certificate.pem'];
    for (const [count, next] of order.entries()) {
      const folder = join(root, String(count));
      mkdirSync(folder, { mode: 0o700 });
      for (const name of order.slice(0, count)) {
        writeFileSync(join(folder, name), readFileSync(join(whole, name)), { mode: 0o600 });
      }
      writeFileSync(join(folder, `.${next}.0123456789abcdef`), readFileSync(join(whole, next)).subarray(0, 20));
      const opened = await openIdentityFolder(folder);
      expect(opened.membership).toBeUndefined();
      expect(opened.peerId === identity.peerId).toBe(count > 0);
    }
    expect((await openIdentityFolder(whole)).membership?.identity.user).toBe('ana');
    // What no crash does: another's certificate beside the key.
    writeFileSync(join(whole, 'certificate.pem'), (await enrol(authority)).cert);
    const error = await failureOf(() => openIdentityFolder(whole));
    expect(error.message).toContain(`${join(whole, 'certificate.pem')}: certificate refused: it is that of peer`);
  });
});

describeWith({ name: 'openssl', command: findCommand(['openssl'], 'version') }, 'openssl', (openssl) => {
  const run = (folder: string, ...args: string[]): string => {
    try {
      return execFileSync(openssl, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      return String((error as { stderr: string }).stderr);
    }
  };

  test('takes the certificates of peers and of the index, on either side, also while keys change', async () => {
    const folder = await newFolder();
    const trust = join(folder, 'trust');
    const key = await makeKey();
    await openAuthorityFolder(trust, components);
    for (const step of ['add-next', 'sign-with-next', 'retire-previous'] as const) {
      const authority = await rotateAuthorityFolder(trust, step, components);
      writeFileSync(
        join(folder, 'peer.pem'),
        authority.issue(await makeRequest(key), { user: 'ana', role: 'member' }).certificate,
      );
      const publicKeyDer = publicKeyDerOfPrivate(readPrivateKey(key, 'key'));
      writeFileSync(join(folder, 'index.pem'), authority.issueForIndex(publicKeyDer).chain);
      for (const purpose of ['sslclient', 'sslserver']) {
        for (const name of ['peer.pem', 'index.pem']) {
          const verify = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', 'trust/authorities.pem', name];
          expect(run(folder, ...verify)).toBe(`${name}: OK\n`);
        }
      }
    }
    const text = run(folder, 'x509', '-in', 'peer.pem', '-noout', '-text');
    for (const line of [
      'X509v3 Basic Constraints: critical\n                CA:FALSE',
      'X509v3 Key Usage: critical\n                Digital Signature\n',
      'X509v3 Extended Key Usage: \n                TLS Web Server Authentication, TLS Web Client Authentication',
      'X509v3 Subject Alternative Name: critical\n                URI:cardume://',
      'ASN1 OID: prime256v1',
      'Signature Algorithm: ecdsa-with-SHA256',
    ]) {
      expect(text).toContain(line);
    }
    const authority = run(folder, 'x509', '-in', 'trust/authorities.pem', '-noout', '-text');
    expect(authority).toContain('X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0');
    expect(authority).toContain('X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign');
  });

  test('refuses a certificate that a peer signed, and so do we', async () => {
    const folder = await newFolder();
    const authority = authorityOf(await newNetwork());
    const peer = await enrol(authority);
    const files = {
      'peer.pem': peer.cert,
      'peer.key': peer.key,
      'authorities.pem': authority.trusted,
      extensions: `subjectAltName=URI:cardume://${authority.networkId}/index\nbasicConstraints=CA:FALSE\n`,
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'forged.key'];
    run(folder, 'req', '-new', ...newKey, '-subj', '/CN=forged', '-out', 'forged.csr');
    const signer = ['-CA', 'peer.pem', '-CAkey', 'peer.key', '-CAcreateserial', '-extfile', 'extensions'];
    run(folder, 'x509', '-req', '-in', 'forged.csr', ...signer, '-out', 'forged.pem');
    const verify = ['verify', '-CAfile', 'authorities.pem', '-untrusted', 'peer.pem', 'forged.pem'];
    expect(run(folder, ...verify)).toContain('invalid CA certificate');

    const names = ['forged.pem', 'peer.pem', 'authorities.pem'];
    const chain = names.map((name) => new X509Certificate(readFileSync(join(folder, name))));
    const [forged, own, first] = chain;
    if (forged === undefined || own === undefined || first === undefined) throw new Error('no chain');
    expect([forged.verify(own.publicKey), hasSigned(own, forged), hasSigned(first, own)]).toEqual([true, false, true]);
    const error = await failureOf(() => checkPinnedChain(chain, authority.networkId, Date.now()));
    expect(error.message).toContain('the chain that the server shows is broken');
  });

  test('makes a certificate with all the right names, which nobody takes: it signed itself', async () => {
    const folder = await newFolder();
    const authority = authorityOf(await newNetwork());
    const [peer, other] = [await enrol(authority), await enrol(authority)];
    const names = `subjectAltName=${new X509Certificate(peer.cert).subjectAltName?.replace(', ', ',')}`;
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'self.key'];
    const leaf = ['-addext', names, '-addext', 'basicConstraints=critical,CA:FALSE'];
    run(folder, 'req', '-x509', ...newKey, '-subj', '/CN=self', ...leaf, '-days', '1', '-out', 'self.pem');
    const [cert, key] = ['self.pem', 'self.key'].map((name) => readFileSync(join(folder, name), 'utf8'));
    const self = { ca: authority.trusted, cert, key };
    const { servername } = peer;
    const taken = (): string => 'taken';
    expect((await handshake(self, other, { servername }, taken, taken)).client).toMatch(/self-signed certificate/);
    expect((await handshake(peer, self, { servername }, taken, taken)).server).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });
});
