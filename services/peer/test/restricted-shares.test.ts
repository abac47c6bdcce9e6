// Files that are for some users only, in a real network: at the index, and at the peer itself.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  type Cardume,
  CardumeError,
  connect,
  formatAddress,
  type IndexChange,
  openPeer,
  type PartSharer,
  type PeerClient,
} from '@cardume/client';
import type { Network } from '@cardume/client/trust';
import { type RunningIndex, startIndex } from '@cardume/index';
import type { PeerOptions } from '@cardume/peer';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { auditEvent, readAudit } from '../../../tests/support/read-audit.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { collect, type TestPeer, usePeers, writeFiles } from './support/start-test-peer.ts';
import { useNetworks } from './support/test-network.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const { startNetwork, enrol, clientOf, usersOf, fresh, closing } = useNetworks(folder);
const files = { 'plans/secret-plan.txt': 'hello', 'plans/large.bin': 'x'.repeat(3_000_000), 'plans/b/c.txt': 'c' };

let index: RunningIndex;
/** A machine of each user. */
let alice: Network;
let bob: Network;
let carol: Network;
let admin: Network;

beforeEach(async () => {
  const network = await startNetwork({ leaseTtlMs: 30_000 });
  index = network.index;
  admin = await enrol(network.admin);
  const users = usersOf(index, admin);
  const machineOf = async (name: string): Promise<Network> =>
    enrol(network.member, (await users.addUser({ name, role: 2 })).token);
  [alice, bob, carol] = [await machineOf('alice'), await machineOf('bob'), await machineOf('carol')];
});

async function share(network: Network, more: Partial<PeerOptions> = {}): Promise<TestPeer & { path: string }> {
  const path = fresh('share');
  writeFiles(path, files);
  const where = { paths: [path], stateFolder: `${path}-state`, index: formatAddress(index.address) };
  const started = await startPeer({ ...where, network, ...more });
  return { ...started, path };
}

/** A client of a peer, as a user of the network. */
function peerAs(network: Network, { peer }: TestPeer): PeerClient {
  return closing(openPeer(peer.address, { tls: () => network.tlsOfPeer(peer.peerId) }));
}

/** What a user finds, as files' names and, with a slash at the end, folders' last parts. */
async function namesFor(network: Network): Promise<string[]> {
  const { hits } = await clientOf(index, network).index.search({ query: 'plan', folders: true });
  return hits.map(({ name, folder }) => (folder === undefined ? name : `${basename(name)}/`)).sort();
}

const absent = 'a'.repeat(64);

describe('a share for some users only', () => {
  test('is found and fetched by them and its owner’s own machines, and neither found nor listed by others, admins among them', async () => {
    const sharing = await share(alice, { allowedUsers: ['bob'] });
    expect(sharing.peer.allowedUsers).toEqual(['alice', 'bob']);
    const found = ['b/', 'plans/', 'plans/b/c.txt', 'plans/large.bin', 'plans/secret-plan.txt'];
    for (const user of [alice, bob]) {
      expect(await namesFor(user)).toEqual(found);
      const cardume = clientOf(index, user);
      const { path } = await cardume.get('secret-plan.txt', { folder: fresh('got') });
      expect(readFileSync(path, 'utf8')).toBe('hello');
      const whole = await cardume.get('plans', { folder: fresh('got') });
      expect(whole.folder).toMatchObject({ fileCount: 3, fetchedCount: 3 });
      expect(await collect(cardume.index.listPeers())).toMatchObject([{ restricted: true, reachable: true }]);
    }
    const { digest } = await peerAs(bob, sharing).describe({ name: 'plans/secret-plan.txt' });
    for (const user of [carol, admin]) {
      const cardume = clientOf(index, user);
      for (const query of ['plan', '', 'secret-plam', digest.slice(0, 8)]) {
        for (const mode of ['keywords', 'prefix'] as const) {
          expect(await cardume.index.search({ query, mode, folders: true })).toMatchObject({
            hits: [],
            suggestions: [],
          });
        }
      }
      expect((await cardume.index.search({ query: digest, mode: 'digest' })).hits).toEqual([]);
      expect(await collect(cardume.index.lookup([digest, 'secret-plan.txt'], { folders: true }))).toEqual([[], []]);
      expect(await collect(cardume.index.listPeers())).toEqual([]);
      expect(await cardume.index.stats()).toMatchObject({ peerCount: 0, fileCount: 0, holdingCount: 0 });
      const report = { peerId: sharing.peer.peerId, digest };
      expect((await failureOf(() => cardume.index.report(report))).reason).toBe('LEASE_UNKNOWN');
      const failure = await failureOf(() => cardume.get(digest, { folder: fresh('got') }));
      expect(failure.reason).toBe('FILE_NOT_SHARED');
    }
  });

  test('is refused by the peer itself, whatever others know, as a file that it does not have', async () => {
    const sharing = await share(alice, { allowedUsers: ['bob'] });
    const allowed = peerAs(bob, sharing);
    const { digest, sizeBytes } = await allowed.describe({ name: 'plans/large.bin' });
    const folderName = `${basename(sharing.path)}/plans`;
    const folderDigest = (await allowed.describe({ name: `${folderName}/` })).digest;
    const unknown = await failureOf(() => allowed.describe({ digest: absent }));
    for (const user of [carol, admin]) {
      const client = peerAs(user, sharing);
      for (const which of [{ digest }, { digest: folderDigest }, { digest, name: 'plans/large.bin' }]) {
        const refused = await failureOf(() => client.describe(which));
        expect(refused).toMatchObject({ reason: 'FILE_NOT_SHARED', code: unknown.code, message: unknown.message });
      }
      for (const name of ['plans/large.bin', `${folderName}/`, folderName]) {
        expect((await failureOf(() => client.describe({ name }))).reason).toBe('FILE_NOT_SHARED');
      }
      const failures: string[] = [];
      const onFailure = (_: string, { reason }: CardumeError) => failures.push(reason);
      await client.receiveFiles([digest, absent], { onFile: () => {}, onBytes: () => undefined, onFailure }).ended;
      expect(failures).toEqual(['FILE_NOT_SHARED', 'FILE_NOT_SHARED']);
      const manifest = await failureOf(() => client.manifest(digest, sizeBytes, 1_048_576));
      expect(manifest.reason).toBe('FILE_NOT_SHARED');
      const watched = await failureOf(() => collect(client.watchPieces(digest, sizeBytes)));
      expect(watched.reason).toBe('FILE_NOT_SHARED');
      expect(await client.listFilesPage(9, undefined, { folders: true })).toMatchObject({
        files: [],
        fileCount: 0,
        shareName: '',
        // Whoever dials it still learns that it is the one that was meant.
        peerId: sharing.peer.peerId,
      });
    }
  });

  test('and one for everybody, of the same files: others see only the latter', async () => {
    const hidden = await share(alice, { allowedUsers: ['bob'] });
    const open = await share(bob);
    const holders = async (network: Network): Promise<string[]> => {
      const { hits } = await clientOf(index, network).index.search({ query: 'large.bin', mode: 'exact' });
      return hits.flatMap((hit) => hit.holders.map(({ peerId }) => peerId)).sort();
    };
    expect(await holders(bob)).toEqual([hidden.peer.peerId, open.peer.peerId].sort());
    expect(await holders(carol)).toEqual([open.peer.peerId]);
    const { sources } = await clientOf(index, carol).get('large.bin', { folder: fresh('got') });
    expect(sources.map(({ peerId }) => peerId)).toEqual([open.peer.peerId]);
    expect(await clientOf(index, carol).index.stats()).toMatchObject({ peerCount: 1, fileCount: 3 });
  });

  test('is for other users once it is started again with them, and for everybody once without', async () => {
    const first = await share(alice, { allowedUsers: ['bob'] });
    const again = async (allowedUsers: string[] | undefined): Promise<TestPeer> => {
      return startPeer({
        paths: [first.path],
        stateFolder: `${first.path}-state`,
        index: formatAddress(index.address),
        network: alice,
        allowedUsers,
      });
    };
    await first.peer.stop(0);
    const second = await again(['carol']);
    expect([(await namesFor(bob)).length, (await namesFor(carol)).length]).toEqual([0, 5]);
    expect((await peerAs(bob, second).listFilesPage(9)).files).toEqual([]);
    expect((await peerAs(carol, second).listFilesPage(9)).files).toHaveLength(3);
    await second.peer.stop(0);
    const third = await again([]);
    expect(third.peer.allowedUsers).toEqual(['alice']);
    expect([(await namesFor(alice)).length, (await namesFor(carol)).length]).toEqual([5, 0]);
    await third.peer.stop(0);
    await again(undefined);
    expect(await namesFor(bob)).toHaveLength(5);
  });

  test('is told of to those who watch only where they may see it', async () => {
    const stop = new AbortController();
    const seen = new Map<Cardume, IndexChange[]>();
    const watching = [bob, carol].map(async (network) => {
      const cardume = clientOf(index, network);
      const changes: IndexChange[] = [];
      seen.set(cardume, changes);
      for await (const { change } of cardume.index.watch({ folders: true }, { signal: stop.signal })) {
        if (change !== undefined) changes.push(change);
      }
    });
    const ends = watching.map((one) => one.catch((error: unknown) => (CardumeError.is(error) ? error.reason : error)));
    // A peer that all may see first, so that both watch from before the other one.
    const open = await share(bob);
    await until('both to know of it', () => [...seen.values()].every((changes) => changes.length > 0));
    const hidden = await share(alice, { allowedUsers: ['bob'] });
    await hidden.peer.stop(0);
    await open.peer.stop(0);
    const goodbye = (changes: IndexChange[]) =>
      changes.some(({ kind, peerId }) => kind === 'peer-left' && peerId === open.peer.peerId);
    await until('both to know that it left', () => [...seen.values()].every(goodbye));
    stop.abort();
    expect(await Promise.all(ends)).toEqual(['CANCELLED', 'CANCELLED']);
    const [ofBob = [], ofCarol = []] = [...seen.values()];
    const kinds = (changes: IndexChange[]) =>
      changes.filter(({ peerId }) => peerId === hidden.peer.peerId).map(({ kind }) => kind);
    expect(kinds(ofBob)).toEqual(expect.arrayContaining(['peer-joined', 'list-changed', 'peer-left']));
    expect(kinds(ofCarol)).toEqual([]);
  });

  test('is not shared on by who gets from it, and what everybody may have is', async () => {
    await share(alice, { allowedUsers: ['bob'] });
    const begun: string[] = [];
    const sharer: PartSharer = {
      ownAddress: undefined,
      begin: ({ name }) => begun.push(name),
      have: () => {},
      whole: async () => {},
      end: () => {},
    };
    const cardume = clientOf(index, bob);
    await cardume.get('large.bin', { folder: fresh('got'), sharer });
    await cardume.get('plans', { folder: fresh('got'), sharer });
    expect(begun).toEqual([]);
    // Also not when somebody says that everybody may have it.
    await share(carol);
    await cardume.get('large.bin', { folder: fresh('got'), sharer });
    expect(begun).toEqual([]);
    await clientOf(index, admin).get('large.bin', { folder: fresh('got'), sharer });
    expect(begun).toEqual(['plans/large.bin']);
  });

  test('says in its audit log who was refused, and with whom it shares in that of the index', async () => {
    const audit = fresh('peer.jsonl');
    const sharing = await share(alice, { allowedUsers: ['bob'], audit });
    await failureOf(() => peerAs(carol, sharing).describe({ name: 'plans/large.bin' }));
    await peerAs(bob, sharing).describe({ name: 'plans/large.bin' });
    await peerAs(carol, sharing).listFilesPage(9);
    const refused = await auditEvent(audit, 'refused', ({ method }) => method?.endsWith('/Download') === true);
    const { peerId } = carol.identity;
    expect(refused).toMatchObject({ user: 'carol', role: 'member', peerId, status: 'NOT_FOUND' });
    expect(refused).toMatchObject({ reason: 'FILE_NOT_SHARED', detail: { cause: 'not_allowed_user' } });
    await auditEvent(
      audit,
      'refused',
      ({ method, status }) => method?.endsWith('/ListFiles') === true && status === 'OK',
    );
    await auditEvent(audit, 'downloaded');
    const users = readAudit(audit)
      .filter(({ event }) => event === 'downloaded')
      .map(({ user }) => user);
    expect(new Set(users)).toEqual(new Set(['bob']));
  });
});

describe('who may not say for whom', () => {
  test('is a peer without certificates, for nobody is known there; nor are names taken that no user has', async () => {
    const plain = await failureOf(() => startPeer({ paths: [], allowedUsers: ['bob'] }));
    expect(plain).toMatchObject({ reason: 'INVALID_FIELD' });
    expect(plain.message).toMatch(/--to.*network with certificates.*--index INVITE/s);
    for (const allowedUsers of [
      [''],
      ['x'.repeat(65)],
      ['a\u202eb'],
      Array.from({ length: 101 }, (_, at) => `u${at}`),
    ]) {
      const refused = await failureOf(() => startPeer({ paths: [], network: alice, allowedUsers }));
      expect(refused).toMatchObject({ reason: 'INVALID_FIELD' });
      expect(refused.message).toContain('--to');
    }
    const joining = { host: '127.0.0.1', port: 1, shareName: '', files: [] };
    const unencrypted = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent' });
    closing({ close: () => unencrypted.stop(0) });
    const everyone = await enrol(String((await index.invites([index.address]))?.member));
    const ofAll = await failureOf(() => startPeer({ paths: [], network: everyone, allowedUsers: ['bob'] }));
    expect(ofAll).toMatchObject({ reason: 'INVALID_FIELD' });
    expect(ofAll.message).toMatch(/as everyone.*cardume index user add/s);
    const join = (network: Network, allowedUsers: string[]) =>
      clientOf(index, network).index.join({ ...joining, allowedUsers });
    const many = Array.from({ length: 100 }, (_, at) => `u${at}`);
    expect((await join(alice, [...many, 'alice', 'u1'])).allowedUsers).toHaveLength(101);
    expect(await failureOf(() => join(alice, [...many, 'one more']))).toMatchObject({ reason: 'INVALID_FIELD' });
    expect((await failureOf(() => join(alice, ['bob', 'a\u0000']))).message).toContain('allowed_users[1]');
    const client = closing(connect({ index: unencrypted.address }));
    const refused = await failureOf(() => client.index.join({ ...joining, allowedUsers: ['bob'] }));
    expect(refused).toMatchObject({ reason: 'INVALID_FIELD' });
    expect(refused.message).toContain('network with certificates');
  });
});
