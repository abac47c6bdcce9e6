import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { CardumeError, formatAddress, openIndex, openPeer } from '@cardume/client';
import { type Network, openNetwork, parseInvite } from '@cardume/client/trust';
import { type RunningIndex, startIndex } from '@cardume/index';
import { rotateAuthority } from '@cardume/index/authority';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { connectRaw } from './hostile/support/raw-member.ts';
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

  test('ends the calls that are under way of who was revoked: at the index at once, at a peer within a lease', async () => {
    const { index, admin, member } = await startNetwork({ leaseTtlMs: 3_000 });
    const managing = usersOf(index, await enrol(admin));
    const { token } = await managing.addUser({ name: 'ana', role: 2 });
    const [ana, staying] = [await enrol(member, token), await enrol(member)];
    const path = fresh('share');
    writeFiles(path, { 'a.bin': 'x'.repeat(3_000_000) });
    const { peer } = await startPeer({
      paths: [path],
      stateFolder: `${path}-state`,
      index: formatAddress(index.address),
      network: await enrol(member),
      maxUploadBytesPerSecond: 50_000,
    });
    const toPeer = (network: Network) => closing(openPeer(peer.address, { tls: () => network.tlsOfPeer(peer.peerId) }));
    const [client, other] = [toPeer(ana), toPeer(staying)];
    const { digest = '' } = (await client.listFilesPage(1)).files[0] ?? {};
    const endOf = async (stream: AsyncIterable<unknown>): Promise<unknown> => {
      try {
        for await (const _ of stream);
        return 'ended well';
      } catch (error) {
        return CardumeError.is(error) ? `${error.code} ${error.reason}` : error;
      }
    };
    let received = 0;
    const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        received += chunk.length;
        yield chunk;
      }
    };
    const streams = [
      endOf(counted((await client.download({ name: 'a.bin' })).chunks)),
      endOf(client.watchPieces(digest, 3_000_000)),
      endOf(clientOf(index, ana).index.watch()),
    ];
    const joined = clientOf(index, ana);
    const lease = await joined.index.join({ host: '127.0.0.1', port: 1, shareName: '', files: [] });
    const neverEnding = async function* () {
      yield { removedNames: ['x'] };
      await new Promise(() => undefined);
    };
    const publishing = failureOf(() => joined.index.publish(lease, neverEnding()));
    // A call that was begun before, and whose message comes after.
    const raw = closing(await connectRaw(index.address, ana, 'localhost'));
    const late = raw.begin('/cardume.index.v1.IndexService/GetStats');
    const lateStatus = new Promise((resolve) => {
      late.on('response', (headers) => 'grpc-status' in headers && resolve(headers['grpc-status']));
      late.on('trailers', (trailers) => resolve(trailers['grpc-status']));
    });
    const lasting = endOf(other.watchPieces(digest, 3_000_000));
    await until('some bytes', () => received > 0);
    await managing.revokeUser({ name: 'ana' });
    expect(await Promise.all(streams)).toEqual(Array.from({ length: 3 }, () => 'UNAUTHENTICATED CERTIFICATE_REFUSED'));
    expect(await publishing).toMatchObject({ reason: 'CERTIFICATE_REFUSED' });
    late.end(Buffer.alloc(5));
    // UNAUTHENTICATED
    expect(await lateStatus).toBe('16');
    // All of it takes a minute.
    expect(received).toBeLessThan(2_000_000);
    expect(await Promise.race([lasting, other.id().then(() => 'goes on')])).toBe('goes on');
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

  test('is called over a new connection with the certificate that was renewed, and what is under way goes on', async () => {
    const { index, member } = await startNetwork();
    const network = await enrol(member);
    const sockets: Socket[] = [];
    const proxy = createServer((socket) => {
      sockets.push(socket);
      const onward = connectTcp(index.address.port, index.address.host);
      for (const [from, to] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        from.pipe(to);
        from.on('error', () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closing({ close: () => proxy.close() });
    const { port } = proxy.address() as AddressInfo;
    const client = closing(openIndex({ host: '127.0.0.1', port }, { tls: () => network.tlsOfIndex() }));
    const watching = client.watch();
    await watching.next();
    for (let call = 0; call < 3; call += 1) await client.stats();
    expect(sockets).toHaveLength(1);
    await network.renew();
    for (let call = 0; call < 3; call += 1) await client.stats();
    expect([sockets.length, sockets[0]?.destroyed]).toEqual([2, false]);
    const joined = watching.next();
    await client.join({ host: '127.0.0.1', port: 1, shareName: 'x', files: [] });
    expect(await joined).toMatchObject({ value: { change: { kind: 'peer-joined' } } });
    await watching.return();
    await until('the first connection to end with its last call', () => sockets[0]?.destroyed === true);
    expect(sockets[1]?.destroyed).toBe(false);
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

  test('a machine that missed all steps to another key of the authority is a member again by itself', async () => {
    const { index, authority, member } = await startNetwork();
    const { networkId, addresses, token } = parseInvite(member);
    const open = (machine: string) => openNetwork({ folder: machine, networkId, addresses, token });
    const [away, running] = [fresh('machine'), fresh('machine')];
    const before = await open(away);
    before.close();
    const going = closing(await open(running));
    for (const step of ['add-next', 'sign-with-next', 'retire-previous'] as const) {
      await rotateAuthority(authority, step);
      // The index takes up each step within a second; here nobody renews between.
      const trusted = readFileSync(join(authority, 'authorities.pem'), 'utf8');
      await until('the index to have taken it up', async () => {
        const fresher = await open(fresh('machine'));
        fresher.close();
        return fresher.tlsOfIndex().authority.trim() === trusted.trim();
      });
    }
    const cardume = (network: Network) => clientOf(index, network).index;
    expect((await failureOf(() => cardume(before).stats())).reason).toBe('UNREACHABLE');
    await going.renew();
    expect((await cardume(going).stats()).peerCount).toBe(0);
    // Its certificate lasts for hours, and is good for nothing.
    await before.renew();
    expect((await cardume(before).stats()).peerCount).toBe(0);
    expect(before.identity.peerId).toBe((await open(away)).identity.peerId);
  });
});
