import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CardumeError, formatAddress, openIndex, openPeer } from '@cardume/client';
import { type Network, openNetwork, parseInvite } from '@cardume/client/trust';
import { type RunningIndex, startIndex } from '@cardume/index';
import { rotateAuthority } from '@cardume/index/authority';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { usePeers, writeFiles } from './support/start-test-peer.ts';
import { useNetworks } from './support/test-network.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const { startNetwork, enrol, clientOf, usersOf, fresh, closing } = useNetworks(folder);

async function share(index: RunningIndex, network: Network, files: Record<string, string>) {
  const path = fresh('share');
  writeFiles(path, files);
  return startPeer({ paths: [path], stateFolder: `${path}-state`, index: formatAddress(index.address), network });
}

describe('a network with certificates', () => {
  test('shares, searches and gets between enrolled machines, each by the key that its certificate has', async () => {
    const { index, member } = await startNetwork();
    const [sharing, getting] = await Promise.all([enrol(member), enrol(member)]);
    const { peer } = await share(index, sharing, { 'a.txt': 'hello', 'sub/b.bin': 'x'.repeat(3_000_000) });
    expect(peer.peerId).toBe(sharing.identity.peerId);
    const cardume = clientOf(index, getting);
    const { hits } = await cardume.index.search({ query: 'a.txt' });
    expect(hits[0]?.holders).toMatchObject([{ peerId: peer.peerId, reachable: true }]);
    for (const name of ['a.txt', 'sub/b.bin']) {
      const { path } = await cardume.get(name, { folder: fresh('got') });
      expect(readFileSync(path).length).toBe(name === 'a.txt' ? 5 : 3_000_000);
    }
  });

  test('lets in nobody without a certificate, at the index and at a peer, and no plaintext', async () => {
    const { index, member } = await startNetwork();
    const { peer } = await share(index, await enrol(member), { 'a.txt': 'hello' });
    const other = await startNetwork();
    const stranger = await enrol(other.member);
    const plain = closing(openIndex(index.address));
    expect((await failureOf(() => plain.stats())).reason).toBe('UNREACHABLE');
    const { networkId } = await enrol(member);
    // The network's authority as a stranger would have it from GetNetwork.
    const authority = (await enrol(member)).tlsOfIndex().authority;
    const nobody = closing(
      openIndex(index.address, { tls: () => ({ authority, expects: { kind: 'index', networkId } }) }),
    );
    expect(await failureOf(() => nobody.stats())).toMatchObject({ reason: 'CERTIFICATE_REFUSED' });
    const foreign = closing(
      openIndex(index.address, {
        tls: () => ({ ...stranger.tlsOfIndex(), authority, expects: { kind: 'index', networkId } }),
      }),
    );
    expect(await failureOf(() => foreign.stats())).toMatchObject({ reason: 'CERTIFICATE_REFUSED' });
    const expects = { kind: 'peer', networkId } as const;
    for (const tls of [undefined, { authority, expects }, { ...stranger.tlsOfPeer(undefined), authority, expects }]) {
      const client = closing(openPeer(peer.address, { tls }));
      // What the peer says of it may be lost with the connection.
      expect(['UNREACHABLE', 'CERTIFICATE_REFUSED']).toContain((await failureOf(() => client.id())).reason);
    }
  });

  test('is not mistaken for another: an invite pins it, and a peer is asked for by its key', async () => {
    const [ours, theirs] = await Promise.all([startNetwork(), startNetwork()]);
    const { token, networkId } = parseInvite(ours.member);
    const misled = openNetwork({
      folder: fresh('machine'),
      networkId,
      addresses: [theirs.index.address],
      token,
    });
    expect(await failureOf(() => misled)).toMatchObject({ reason: 'CERTIFICATE_REFUSED' });
    const [sharing, getting] = await Promise.all([enrol(ours.member), enrol(ours.member)]);
    const { peer } = await share(ours.index, sharing, { 'a.txt': 'hello' });
    const wrong = closing(openPeer(peer.address, { tls: getting.tlsOfPeer(getting.identity.peerId) }));
    const right = closing(openPeer(peer.address, { tls: getting.tlsOfPeer(peer.peerId) }));
    expect((await failureOf(() => wrong.id())).message).toContain('was asked for');
    expect(await right.id()).toBe(peer.peerId);
  });

  test('gives roles: who reads only cannot join, nobody but an admin manages users, and nobody speaks for another peer', async () => {
    const { index, admin, member } = await startNetwork();
    const managing = usersOf(index, await enrol(admin));
    const { token } = await managing.addUser({ name: 'rita', role: 1 });
    const reader = await enrol(member, token);
    expect(reader.identity).toMatchObject({ user: 'rita', role: 'reader' });
    const cardume = clientOf(index, reader);
    expect((await cardume.index.stats()).peerCount).toBe(0);
    const joining = { host: '127.0.0.1', port: 1, shareName: '', files: [] };
    expect(await failureOf(() => cardume.index.join(joining))).toMatchObject({ reason: 'NOT_ALLOWED' });
    const one = await enrol(member);
    expect((await failureOf(() => usersOf(index, one).addUser({ name: 'eve' }))).reason).toBe('NOT_ALLOWED');
    const two = clientOf(index, one);
    expect(await failureOf(() => two.index.join({ ...joining, peerId: 'a'.repeat(64) }))).toMatchObject({
      reason: 'NOT_ALLOWED',
    });
    const lease = await two.index.join(joining);
    expect(lease.peerId).toBe(one.identity.peerId);
    // The certificate is proof enough.
    expect(await two.index.renew({ peerId: lease.peerId, leaseSecret: '' })).toMatchObject({ fileCount: 0 });
    const listed = await managing.listUsers({ pageSize: 2 });
    const rest = await managing.listUsers({ pageSize: 2, pageToken: listed.nextPageToken });
    expect([...listed.users, ...rest.users].map(({ name, role }) => [name, role])).toEqual([
      ['admin', 3],
      ['everyone', 2],
      ['rita', 1],
    ]);
  });

  test('knows a token no more that was rotated, and throws out who was revoked within a lease', async () => {
    const { index, admin, member } = await startNetwork({ leaseTtlMs: 3_000 });
    const managing = usersOf(index, await enrol(admin));
    const add = async (name: string, role: 1 | 2) => (await managing.addUser({ name, role })).token;
    const [anaToken, biaToken] = [await add('ana', 2), await add('bia', 1)];
    const machineOf = (token: string): Promise<Network> => enrol(member, token);
    const [ana, bia] = [await machineOf(anaToken), await machineOf(biaToken)];
    const { peer } = await share(index, ana, { 'a.txt': 'hello' });
    const { peer: staying } = await share(index, await enrol(member), { 'b.txt': 'hello' });
    const { token: next } = await managing.rotateToken({ name: 'ana' });
    expect((await failureOf(() => machineOf(anaToken))).reason).toBe('TOKEN_REFUSED');
    expect((await machineOf(next)).identity.user).toBe('ana');
    expect((await failureOf(() => managing.rotateToken({ name: 'nobody' }))).reason).toBe('USER_UNKNOWN');

    const reading = closing(openPeer(staying.address, { tls: () => bia.tlsOfPeer(staying.peerId) }));
    expect(await reading.id()).toBe(staying.peerId);
    for (const name of ['ana', 'bia']) await managing.revokeUser({ name });
    expect((await failureOf(() => clientOf(index, bia).index.stats())).reason).toBe('CERTIFICATE_REFUSED');
    expect((await failureOf(() => machineOf(next))).reason).toBe('TOKEN_REFUSED');
    await until('the peer refuses who was revoked', async () => {
      const problem = await reading.listFilesPage(1).then(
        () => undefined,
        (error: unknown) => (CardumeError.is(error) ? error.reason : String(error)),
      );
      return problem === 'CERTIFICATE_REFUSED';
    });
    const cardume = clientOf(index, await enrol(member));
    await until(
      'the lease of who was revoked ends',
      async () => (await cardume.index.search({ query: 'a.txt' })).hits.length === 0,
    );
    expect(peer.peerId).toBe(ana.identity.peerId);
    expect((await failureOf(() => managing.addUser({ name: 'ana' }))).message).toContain('not given away again');
  });

  test('slows down who tries tokens', async () => {
    const { index, member } = await startNetwork();
    const { networkId, addresses } = parseInvite(member);
    const tryToken = (token: string) =>
      failureOf(() => openNetwork({ folder: fresh('machine'), networkId, addresses, token }));
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect((await tryToken('cdm_wrong')).reason).toBe('TOKEN_REFUSED');
    }
    const refused = await tryToken('cdm_wrong');
    expect(refused.reason).toBe('LIMIT_REACHED');
    expect(refused.retryDelayMs).toBeGreaterThan(0);
    expect(index.networkId).toBe(networkId);
  });

  test('renews certificates without a dropped call, and goes on while its index is away', async () => {
    const { index, member } = await startNetwork({ certificateLifetimeMs: 60_000 });
    const sharing = await enrol(member);
    const first = sharing.serverTls().certificate;
    expect(sharing.notAfterMs - Date.now()).toBeLessThanOrEqual(60_000);
    // Half of the time of a certificate that began ten minutes ago has gone: it is renewed at once.
    await until('it is renewed', () => sharing.serverTls().certificate !== first);
    const getting = await enrol(member);
    const { peer } = await share(index, sharing, { 'a.txt': 'hello' });
    await index.stop(0);
    const client = closing(openPeer(peer.address, { tls: () => getting.tlsOfPeer(peer.peerId) }));
    expect((await client.describe({ name: 'a.txt' })).sizeBytes).toBe(5);
  });

  test('keeps its invites and keys for its owner only, and is the same network after a restart', async () => {
    const database = `sqlite:${fresh('index.db')}`;
    const { index, authority, member, paths } = await startNetwork({ database });
    for (const path of [...paths, join(authority, 'authority.json')]) expect(statSync(path).mode & 0o077).toBe(0);
    await index.stop(0);
    const again = await startIndex({ listen: formatAddress(index.address), logLevel: 'silent', authority, database });
    closing({ close: () => again.stop(0) });
    expect(again.networkId).toBe(index.networkId);
    expect((await again.invites([index.address]))?.member).toBe(member);
    expect((await enrol(member)).networkId).toBe(index.networkId);
    expect(() => execFileSync('grep', ['-r', parseInvite(member).token ?? 'none', database.slice(7)])).toThrow();
  });

  test('goes on with another key of its authority: old and new are trusted together, and no call is dropped', async () => {
    const database = `sqlite:${fresh('index.db')}`;
    const { index, authority, member } = await startNetwork({ database });
    const [sharing, getting] = await Promise.all([enrol(member), enrol(member)]);
    const { peer } = await share(index, sharing, { 'a.txt': 'hello' });
    const cardume = clientOf(index, getting);
    const failures: unknown[] = [];
    let calls = 0;
    let isOver = false;
    const calling = (async () => {
      for (; !isOver; calls += 1) {
        const direct = openPeer(peer.address, { tls: () => getting.tlsOfPeer(peer.peerId) });
        await Promise.all([direct.id(), cardume.index.stats()]).catch((error: unknown) => failures.push(error));
        direct.close();
      }
    })();
    /** An index that runs takes up a step within a second; who asks then is given what is trusted now. */
    const renewUntil = async (what: string, condition: () => boolean): Promise<void> => {
      await until(what, async () => {
        await Promise.all([sharing.renew(), getting.renew()]);
        return condition();
      });
    };
    const trustedKeys = (network: Network): number => network.tlsOfIndex().authority.split('BEGIN').length - 1;
    await rotateAuthority(authority, 'add-next');
    await renewUntil('both know the next key', () => trustedKeys(sharing) === 2 && trustedKeys(getting) === 2);
    const before = sharing.serverTls().certificate;
    await rotateAuthority(authority, 'sign-with-next');
    const [, next = ''] = readFileSync(join(authority, 'authorities.pem'), 'utf8').split(/(?=-----BEGIN)/);
    const signer = new X509Certificate(next);
    const isOfNext = (network: Network): boolean =>
      new X509Certificate(network.serverTls().certificate).checkIssued(signer);
    await renewUntil('both have certificates of the next key', () => isOfNext(sharing) && isOfNext(getting));
    expect(new X509Certificate(before).checkIssued(signer)).toBe(false);
    await rotateAuthority(authority, 'retire-previous');
    await renewUntil('both trust the next key alone', () => trustedKeys(sharing) === 1 && trustedKeys(getting) === 1);
    const callsBefore = calls;
    await until('calls go on', () => calls > callsBefore + 3);
    isOver = true;
    await calling;
    expect(failures).toEqual([]);
    // An invite from before the first step is good as ever.
    expect((await enrol(member)).networkId).toBe(index.networkId);
  });
});
