// Small files of a folder that is sent to several: they give them to each other.
import { appendFileSync, chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, DigestBuilder, formatAddress, type OfferInput, openPeer } from '@cardume/client';
import type { Network } from '@cardume/client/trust';
import { startIndex } from '@cardume/index';
import type { PeerEvent } from '@cardume/peer';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { quarantineName } from '../src/core/offers/check-offer.ts';
import { startHostileSender } from './support/hostile-sender.ts';
import { offerAll } from './support/offer-all.ts';
import { collect, downloadBytes, patterned, usePeers, writeFiles } from './support/start-test-peer.ts';
import { useNetworks } from './support/test-network.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const { startNetwork, enrol, fresh, closing, usersOf } = useNetworks(folder);
let index: Awaited<ReturnType<typeof startIndex>>;

beforeAll(async () => {
  index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent' });
});
afterAll(() => index.stop(0));

/** Files of which no two are the same. */
function smallFiles(count: number, sizeBytes: number): Record<string, Buffer> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => {
      const bytes = patterned(sizeBytes);
      bytes.writeUInt32BE(at);
      return [`${at % 7}/${at}.bin`, bytes];
    }),
  );
}

function digestOf(bytes: Buffer): string {
  const builder = new DigestBuilder(1024 * 1024);
  builder.update(bytes);
  return builder.finish().digest;
}

const servedBytes = (events: readonly PeerEvent[]): number =>
  events.reduce((sum, event) => sum + (event.type === 'served' ? event.bytes : 0), 0);

async function startReceiver() {
  const inbox = fresh('inbox');
  const rules = { folder: inbox, otherwise: 'accept', waitMs: 5_000 } as const;
  const receiver = await startPeer({ paths: [], index: formatAddress(index.address), inbox: rules });
  return { ...receiver, inbox };
}

async function startSender(files: Record<string, Buffer>, maxUploadBytesPerSecond?: number) {
  const path = fresh('sending');
  writeFiles(path, files);
  const limit = maxUploadBytesPerSecond === undefined ? {} : { maxUploadBytesPerSecond };
  const sender = await startPeer({ paths: [path], unlisted: true, index: formatAddress(index.address), ...limit });
  const file = await until('what is sent to be hashed', () => sender.peer.sharedAs(path));
  return { ...sender, offer: { file, port: sender.peer.address.port } satisfies OfferInput };
}

function expectTree(path: string, files: Record<string, Buffer>): void {
  const found = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(found).toHaveLength(Object.keys(files).length);
  for (const [name, content] of Object.entries(files)) {
    expect([name, readFileSync(join(path, name)).equals(content)]).toEqual([name, true]);
  }
}

describe('receivers of one folder', () => {
  test('give its small files to each other, and the sender gives each about once', async () => {
    const files = smallFiles(240, 50_000);
    const totalBytes = 240 * 50_000;
    const { offer, events: sent } = await startSender(files, 6_000_000);
    const receivers = await Promise.all([1, 2, 3, 4].map(() => startReceiver()));
    const ids = receivers.map(({ peer: { peerId } }) => peerId);
    const ends = await Promise.all(
      receivers.map(async ({ client, peer: { peerId } }) =>
        (await offerAll(client, { ...offer, otherPeerIds: ids.filter((id) => id !== peerId) })).at(-1),
      ),
    );
    for (const end of ends) expect(end).toMatchObject({ kind: 'done', alreadyPresent: false });
    for (const { inbox } of receivers) expectTree(join(inbox, offer.file.name), files);
    expect(servedBytes(sent)).toBeGreaterThanOrEqual(totalBytes);
    expect(servedBytes(sent)).toBeLessThan(2 * totalBytes);
    for (const { events } of receivers) expect(servedBytes(events)).toBeGreaterThan(0.1 * totalBytes);
    // Nothing of it is listed, at the index or by any of them.
    const seeing = closing(connect({ index: index.address }));
    expect((await seeing.index.search({ query: '0/7.bin' })).hits).toEqual([]);
    for (const { client } of receivers) expect(await collect(client.listFiles())).toEqual([]);
  });

  test('give what is in the inbox by now, as it was verified, and nothing else', async () => {
    const files = smallFiles(20, 3_000);
    const { offer, peer: sender } = await startSender(files);
    const { client, inbox } = await startReceiver();
    expect((await offerAll(client, offer)).at(-1)).toMatchObject({ kind: 'done' });
    await sender.stop(0);
    const [first = '', second = ''] = Object.keys(files);
    const bytesOf = (name: string): Buffer => files[name] ?? Buffer.alloc(0);
    expect((await downloadBytes(client, { digest: digestOf(bytesOf(first)) })).equals(bytesOf(first))).toBe(true);
    const manifest = await client.manifest(digestOf(bytesOf(first)), 3_000, 1024 * 1024);
    expect(Buffer.from(manifest.pieceHashes).toString('hex')).toBe(digestOf(bytesOf(first)));
    // It is its owner's now, who writes to it, or puts something else there.
    appendFileSync(join(inbox, offer.file.name, first), 'private');
    writeFileSync(join(inbox, offer.file.name, second), bytesOf(second));
    for (const name of [first, second]) {
      const error = await failureOf(() => downloadBytes(client, { digest: digestOf(bytesOf(name)) }));
      expect(error).toMatchObject({ reason: 'FILE_CHANGED' });
    }
  });

  test('give also what is made executable at the end', async () => {
    const path = fresh('sending');
    const script = Buffer.from('#!/bin/sh\necho hello\n');
    writeFiles(path, { 'run.sh': script, 'a.txt': 'a' });
    chmodSync(join(path, 'run.sh'), 0o755);
    const { peer } = await startPeer({ paths: [path], unlisted: true, index: formatAddress(index.address) });
    const file = await until('what is sent to be hashed', () => peer.sharedAs(path));
    const { client, inbox } = await startReceiver();
    expect((await offerAll(client, { file, port: peer.address.port })).at(-1)).toMatchObject({ kind: 'done' });
    expect(statSync(join(inbox, file.name, 'run.sh')).mode & 0o100).toBe(0o100);
    expect((await downloadBytes(client, { digest: digestOf(script) })).equals(script)).toBe(true);
  });

  test('one of which lies costs the others nothing but time, and is asked no more', async () => {
    const files = smallFiles(120, 20_000);
    const wrong = Buffer.alloc(20_000, 7);
    const content = Buffer.alloc(0);
    await using liar = await startHostileSender({
      ...{ content, sizeBytes: 0, pieceLengthBytes: 1024 * 1024, pieceHashes: Buffer.alloc(0) },
      smallFile: () => wrong,
    });
    const seeing = closing(connect({ index: index.address }));
    const peerId = 'e'.repeat(64);
    const lease = await seeing.index.join({ peerId, port: liar.port, shareName: 'liar', files: [], takesOffers: true });
    const { offer } = await startSender(files, 3_000_000);
    const receivers = await Promise.all([startReceiver(), startReceiver()]);
    const ids = [peerId, ...receivers.map(({ peer }) => peer.peerId)];
    const ends = await Promise.all(
      receivers.map(async ({ client, peer }) =>
        (await offerAll(client, { ...offer, otherPeerIds: ids.filter((id) => id !== peer.peerId) })).at(-1),
      ),
    );
    for (const end of ends) expect(end).toMatchObject({ kind: 'done', alreadyPresent: false });
    for (const { inbox } of receivers) {
      expectTree(join(inbox, offer.file.name), files);
      expect(readdirSync(inbox)).toEqual([offer.file.name, quarantineName].sort());
      expect(readdirSync(join(inbox, quarantineName))).toEqual([]);
    }
    // Each asked it once for small files: the first file was wrong.
    expect(liar.askedFor).toHaveLength(2);
    await until('it to be reported', async () => {
      const [found] = await seeing.index.findPeers([peerId]);
      return (found?.reportCount ?? 0) > 0;
    });
    await seeing.index.leave(lease);
  });

  test('go on without one that answers nothing, and without one that is away', async () => {
    const files = smallFiles(60, 10_000);
    const content = Buffer.alloc(0);
    // It takes the request, and ends it without a word.
    await using silent = await startHostileSender({
      ...{ content, sizeBytes: 0, pieceLengthBytes: 1024 * 1024, pieceHashes: Buffer.alloc(0) },
    });
    const seeing = closing(connect({ index: index.address }));
    const peerId = 'e'.repeat(64);
    const lease = await seeing.index.join({ peerId, port: silent.port, shareName: 'silent', files: [] });
    const away = await startReceiver();
    await away.peer.stop(0);
    const { offer } = await startSender(files);
    const { client, inbox } = await startReceiver();
    const otherPeerIds = [peerId, away.peer.peerId];
    expect((await offerAll(client, { ...offer, otherPeerIds })).at(-1)).toMatchObject({ kind: 'done' });
    expectTree(join(inbox, offer.file.name), files);
    expect(silent.askedFor.length).toBeGreaterThan(0);
    await seeing.index.leave(lease);
  });

  test('have the rest from each other when the sender is gone', async () => {
    const files = smallFiles(200, 20_000);
    const { offer, peer: sender } = await startSender(files, 2_000_000);
    const [whole, late] = await Promise.all([startReceiver(), startReceiver()]);
    const offerTo = (client: typeof whole.client, other: typeof whole.peer) =>
      offerAll(client, { ...offer, otherPeerIds: [other.peerId] });
    expect((await offerTo(whole.client, late.peer)).at(-1)).toMatchObject({ kind: 'done' });
    const told: string[] = [];
    const receiving = (async () => {
      for await (const { kind } of late.client.offer({ ...offer, otherPeerIds: [whole.peer.peerId] })) {
        told.push(kind);
        if (kind === 'accepted') await sender.stop(0);
      }
    })();
    await receiving;
    expect(told.at(-1)).toBe('done');
    expectTree(join(late.inbox, offer.file.name), files);
  });
});

describe('in a network with certificates', () => {
  test('what is received is given to those who are sent the same, and to nobody else', async () => {
    const network = await startNetwork();
    const managing = usersOf(network.index, await enrol(network.admin));
    const tokens = await Promise.all(
      ['ana', 'bob', 'eve'].map(async (name) => (await managing.addUser({ name, role: 2 })).token),
    );
    const [ana, bob, eve, receiving] = (await Promise.all([
      ...tokens.map((token) => enrol(network.member, token)),
      enrol(network.member),
    ])) as [Network, Network, Network, Network];
    const where = { index: formatAddress(network.index.address) };
    const inbox = fresh('inbox');
    const { peer: receiver } = await startPeer({
      ...{ paths: [], network: receiving, ...where },
      inbox: { folder: inbox, otherwise: 'accept' },
    });
    const path = fresh('sending');
    const large = patterned(3_000_000);
    writeFiles(path, { 'small.txt': 'small', 'large.bin': large });
    const { peer } = await startPeer({ paths: [path], unlisted: true, network: ana, ...where });
    const file = await until('what is sent to be hashed', () => peer.sharedAs(path));
    const clientOf = (machine: Network) =>
      closing(openPeer(receiver.address, { tls: machine.tlsOfPeer(receiver.peerId) }));
    const otherPeerIds = [bob.identity.peerId];
    const offer = { file, port: peer.address.port, otherPeerIds };
    expect((await offerAll(clientOf(ana), offer)).at(-1)).toMatchObject({ kind: 'done' });
    expect(existsSync(join(inbox, file.name, 'small.txt'))).toBe(true);
    for (const bytes of [Buffer.from('small'), large]) {
      const digest = digestOf(bytes);
      for (const machine of [ana, bob]) {
        expect((await downloadBytes(clientOf(machine), { digest })).equals(bytes)).toBe(true);
      }
      const ofEve = clientOf(eve);
      const refused = { reason: 'FILE_NOT_SHARED' };
      expect(await failureOf(() => downloadBytes(ofEve, { digest }))).toMatchObject(refused);
      expect(await failureOf(() => ofEve.manifest(digest, bytes.length, 1024 * 1024))).toMatchObject(refused);
      expect(await failureOf(() => collect(ofEve.watchPieces(digest, bytes.length)))).toMatchObject(refused);
    }
  });
});
