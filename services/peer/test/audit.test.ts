import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress, openIndex, openPeer } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { type Network, parseInvite } from '@cardume/client/trust';
import { startIndex } from '@cardume/index';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { auditEvent, readAudit } from '../../../tests/support/read-audit.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { offerAll } from './support/offer-all.ts';
import { usePeers, writeFiles } from './support/start-test-peer.ts';
import { useNetworks } from './support/test-network.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const { startNetwork, enrol, clientOf, usersOf, fresh, closing } = useNetworks(folder);

/** Who a machine is, as events say it. */
const who = ({ identity: { peerId, user, role } }: Network) => ({ peerId, user, role });

async function startShare(index: string, network: Network | undefined, audit: string | undefined) {
  const path = fresh('share');
  writeFiles(path, { 'a.txt': 'hello', 'b/large.bin': 'x'.repeat(3_000_000) });
  return startPeer({ paths: [path], stateFolder: `${path}-state`, index, network, audit });
}

describe('the audit log of a network', () => {
  test('says who enrolled, joined, searched, downloaded and left, and of which file', async () => {
    const [ofIndex, ofPeer] = [fresh('index.jsonl'), fresh('peer.jsonl')];
    const { index, member } = await startNetwork({ audit: ofIndex });
    const [sharing, getting] = [await enrol(member), await enrol(member)];
    const enrolled = await auditEvent(ofIndex, 'enrolled', ({ detail }) => detail?.peerId === getting.identity.peerId);
    expect(enrolled.detail).toMatchObject({ proof: 'token', user: 'everyone', role: 'member' });
    expect(enrolled).toMatchObject({ service: 'index', method: 'cardume.trust.v1.EnrollmentService/Enroll' });

    const { peer } = await startShare(formatAddress(index.address), sharing, ofPeer);
    const joined = await auditEvent(ofIndex, 'joined');
    expect(joined).toMatchObject({ ...who(sharing), status: 'OK' });
    expect(joined.detail).toMatchObject({ host: '127.0.0.1', port: peer.address.port, entryCount: 4, reachable: true });
    expect(joined.callerAddress).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(Date.now() - Date.parse(joined.time)).toBeLessThan(60_000);

    const cardume = clientOf(index, getting);
    await cardume.index.search({ query: 'a.txt' });
    const searched = await auditEvent(ofIndex, 'searched', ({ detail }) => detail?.query === 'a.txt');
    expect(searched).toMatchObject({ ...who(getting), detail: { mode: 'keywords', hitCount: 1 } });
    for (const name of ['a.txt', 'b/large.bin']) {
      const { digest, sizeBytes } = await cardume.get(name, { folder: fresh('got') });
      await auditEvent(ofPeer, 'downloaded', ({ detail }) => detail?.digest === digest);
      const events = readAudit(ofPeer).filter(
        ({ event, detail }) => event === 'downloaded' && detail?.digest === digest,
      );
      for (const event of events) expect(event).toMatchObject({ ...who(getting), service: 'peer', detail: { name } });
      expect(events.reduce((sum, { detail }) => sum + Number(detail?.bytes), 0)).toBe(sizeBytes);
    }
    await peer.stop(0);
    expect(await auditEvent(ofIndex, 'left')).toMatchObject({ ...who(sharing), status: 'OK' });
    for (const path of [ofIndex, ofPeer]) expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('says what was offered and uploaded, by whom, and what came of it', async () => {
    const audit = fresh('peer.jsonl');
    const { index, member } = await startNetwork();
    const [receiving, sending] = [await enrol(member), await enrol(member)];
    const where = { index: formatAddress(index.address) };
    const inbox = { folder: fresh('inbox'), otherwise: 'accept', types: ['txt'] } as const;
    const { peer } = await startPeer({ paths: [], network: receiving, ...where, audit, inbox });
    const tls = sending.tlsOfPeer(peer.peerId);
    const service = closing(openChannel(peer.address, 'peer', tls)).client(TransferServiceDefinition);
    const digest = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    const file = { name: 'hello.txt', sizeBytes: 5, digest };
    await service.upload(
      (async function* () {
        yield { file, data: Buffer.from('hello') };
      })(),
    );
    const uploaded = await auditEvent(audit, 'uploaded');
    expect(uploaded).toMatchObject({ ...who(sending), detail: { ...file, committedSizeBytes: 5, complete: true } });
    const client = closing(openPeer(peer.address, { tls }));
    await offerAll(client, { file: { ...file, modifyTime: undefined } });
    expect(await auditEvent(audit, 'offered')).toMatchObject({ ...who(sending), detail: { ...file, outcome: 'done' } });
    await failureOf(() => offerAll(client, { file: { ...file, name: 'hello.exe', modifyTime: undefined } }));
    expect(await auditEvent(audit, 'refused')).toMatchObject({ ...who(sending), reason: 'OFFER_REFUSED' });
  });

  test('says who was refused, why, and who managed users, and has no token in it', async () => {
    const audit = fresh('index.jsonl');
    const { index, member, admin } = await startNetwork({ audit });
    const [managing, one] = [await enrol(admin), await enrol(member)];
    const users = usersOf(index, managing);
    const { token } = await users.addUser({ name: 'rita', role: 1 });
    const reader = await enrol(member, token);
    const { token: next } = await users.rotateToken({ name: 'rita' });
    const old = await failureOf(() => enrol(member, token));
    expect(old.reason).toBe('TOKEN_REFUSED');
    expect(await auditEvent(audit, 'enrolment_refused')).toMatchObject({
      status: 'UNAUTHENTICATED',
      reason: 'TOKEN_REFUSED',
    });
    expect(await auditEvent(audit, 'user_added')).toMatchObject({
      ...who(managing),
      detail: { user: 'rita', role: 'reader' },
    });
    expect(await auditEvent(audit, 'token_rotated')).toMatchObject({ ...who(managing), detail: { user: 'rita' } });

    const joining = { host: '127.0.0.1', port: 1, shareName: '', files: [] };
    await failureOf(() => clientOf(index, reader).index.join(joining));
    expect(await auditEvent(audit, 'refused', ({ user }) => user === 'rita')).toMatchObject({
      ...who(reader),
      method: 'cardume.index.v1.IndexService/Join',
      reason: 'NOT_ALLOWED',
      status: 'PERMISSION_DENIED',
    });
    const { networkId } = index;
    const { authority } = one.tlsOfIndex();
    const nobody = closing(
      openIndex(index.address, {
        tls: () => ({ authority, expects: { kind: 'index', networkId: String(networkId) } }),
      }),
    );
    await failureOf(() => nobody.stats());
    const stranger = await auditEvent(audit, 'refused', ({ user }) => user === undefined);
    expect(stranger).toMatchObject({ reason: 'CERTIFICATE_REFUSED', status: 'UNAUTHENTICATED' });
    await users.revokeUser({ name: 'rita' });
    await users.revokePeer({ peerId: one.identity.peerId });
    expect(await auditEvent(audit, 'user_revoked')).toMatchObject({ ...who(managing), detail: { user: 'rita' } });
    expect(await auditEvent(audit, 'peer_revoked')).toMatchObject({ detail: { peerId: one.identity.peerId } });
    await failureOf(() => clientOf(index, reader).index.stats());
    // It is known who it was, though it was refused.
    expect(await auditEvent(audit, 'refused', ({ method }) => method?.endsWith('GetStats') === true)).toBeDefined();
    await clientOf(index, managing).index.search({ query: `where is ${next}` });
    await auditEvent(audit, 'searched');
    const text = readFileSync(audit, 'utf8');
    for (const secret of [token, next, parseInvite(member).token, parseInvite(admin).token]) {
      expect(text).not.toContain(secret);
    }
  });

  test('takes hostile names and queries as text: one line each, bounded, and nothing that a terminal obeys', async () => {
    const audit = fresh('index.jsonl');
    const index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', audit });
    const client = openIndex(index.address);
    const query = `a"}\\\u202e\u2028\u00e9`;
    await client.search({ query });
    await client.search({ query: 'b'.repeat(500) });
    await client.join({ host: '127.0.0.1', port: 1, shareName: 'c'.repeat(255), files: [] });
    client.close();
    await index.stop(0);
    const text = readFileSync(audit, 'utf8');
    expect(text).not.toMatch(/[^\n\u0020-\u007e\u00e9]/);
    const events = readAudit(audit);
    expect(events.map(({ event }) => event)).toEqual(['searched', 'searched', 'joined']);
    expect(events[0]?.detail?.query).toBe(query);
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThan(2_000);
  });

  test('says that a lease ended without a goodbye, and who was given a download that broke off', async () => {
    const [ofIndex, ofPeer] = [fresh('index.jsonl'), fresh('peer.jsonl')];
    const index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', audit: ofIndex, leaseTtlMs: 1_000 });
    const client = openIndex(index.address);
    const { peerId } = await client.join({ host: '127.0.0.1', port: 1, shareName: '', files: [] });
    const expired = await auditEvent(ofIndex, 'lease_expired');
    expect(expired.detail).toEqual({ peerId, host: '127.0.0.1', port: 1 });
    client.close();
    await index.stop(0);

    const { peer, client: reading } = await startShare('127.0.0.1:1', undefined, ofPeer);
    const { chunks } = await reading.download({ name: 'b/large.bin' });
    for await (const _ of chunks) break;
    const cut = await auditEvent(ofPeer, 'downloaded');
    expect(cut.detail).toMatchObject({ name: 'b/large.bin', sizeBytes: 3_000_000, offset: 0 });
    expect(cut).not.toHaveProperty('user');
    const other = closing(openPeer(peer.address));
    await other.listFilesPage(1);
    await auditEvent(ofPeer, 'files_listed');
  });

  test('is needed where it was asked for: an index and a peer do not start without', async () => {
    const audit = join(folder, 'absent', 'audit.jsonl');
    const failures = [
      await failureOf(() => startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', audit })),
      await failureOf(() => startIndex({ listen: '127.0.0.1:0', logLevel: 'silent', audit: '/dev/null' })),
      await failureOf(() => startPeer({ paths: [], audit })),
    ];
    for (const failure of failures) expect(failure).toMatchObject({ reason: 'INVALID_FIELD' });
    expect(failures[0]?.message).toContain('--audit');
  });
});
