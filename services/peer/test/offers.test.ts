import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress, type OfferInput, openPeer, type SharedFile } from '@cardume/client';
import { startIndex } from '@cardume/index';
import type { InboxOptions, Question } from '@cardume/peer';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { quarantineName } from '../src/core/offers/check-offer.ts';
import { startHostileSender } from './support/hostile-sender.ts';
import { offerAll } from './support/offer-all.ts';
import { manifestOf, patterned, usePeers, writeFiles } from './support/start-test-peer.ts';
import { useNetworks } from './support/test-network.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const { startNetwork, enrol, fresh, closing, usersOf } = useNetworks(folder);
let index: Awaited<ReturnType<typeof startIndex>>;

beforeAll(async () => {
  index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent' });
});
afterAll(() => index.stop(0));

/** A peer that takes something. */
async function startReceiver(rules: Partial<InboxOptions> = { otherwise: 'accept' }) {
  const inbox = fresh('inbox');
  const receiver = await startPeer({
    paths: [],
    index: formatAddress(index.address),
    inbox: { folder: inbox, ...rules },
  });
  return { ...receiver, inbox };
}

/** A peer that serves something to those who know of it, and what to offer of it. */
async function startSender(files: Record<string, string | Buffer>, name?: string, limit?: number) {
  const path = fresh('sending');
  writeFiles(path, files);
  const sent = name === undefined ? path : join(path, name);
  const options = limit === undefined ? {} : { maxUploadBytesPerSecond: limit };
  const { peer } = await startPeer({ paths: [sent], unlisted: true, index: formatAddress(index.address), ...options });
  const file = await until('what is sent to be hashed', () => peer.sharedAs(sent));
  return { peer, file, offer: { file, peerId: peer.peerId, port: peer.address.port } satisfies OfferInput };
}

/** What is in an inbox, quarantined or not. */
function contentOf(inbox: string): string[] {
  return readdirSync(inbox, { recursive: true })
    .map(String)
    .filter((name) => name !== quarantineName);
}

function madeUp(change: Partial<SharedFile> = {}): OfferInput {
  const file = { name: 'a.iso', sizeBytes: 5, digest: 'ab'.repeat(32), modifyTime: undefined, folder: undefined };
  return { file: { ...file, ...change }, port: 1 };
}

describe('a peer with an inbox', () => {
  test('downloads what is offered, verified, and tells of it; nothing of it is listed', async () => {
    const content = patterned(3_000_000);
    const { offer, peer } = await startSender({ 'big.iso': content }, 'big.iso');
    const { client, inbox, peer: receiver, events } = await startReceiver();
    expect(await offerAll(client, offer)).toEqual([
      { kind: 'accepted' },
      { kind: 'done', name: 'big.iso', alreadyPresent: false },
    ]);
    expect(readFileSync(join(inbox, 'big.iso')).equals(content)).toBe(true);
    expect(contentOf(inbox)).toEqual(['big.iso']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'received', name: 'big.iso' }));
    for (const one of [peer, receiver]) {
      const asked = closing(openPeer(one.address));
      expect((await asked.listFilesPage(10)).files).toEqual([]);
      expect(await failureOf(() => asked.describe({ name: 'big.iso' }))).toMatchObject({ reason: 'FILE_NOT_SHARED' });
      // It is for those who know what to ask for.
      expect(await asked.describe({ digest: offer.file.digest })).toMatchObject({ sizeBytes: content.length });
    }
    // Again, it is there already.
    expect(await offerAll(client, offer)).toEqual([{ kind: 'done', name: 'big.iso', alreadyPresent: true }]);
  });

  test('takes a folder as one thing, which appears when all of it is there', async () => {
    const files = { 'a.txt': 'a', 'sub/b.bin': patterned(2_500_000), 'sub/deep/c.txt': 'c' };
    const { offer } = await startSender(files);
    const { client, inbox } = await startReceiver();
    const told = await offerAll(client, offer);
    const { name } = offer.file;
    expect(told.at(-1)).toEqual({ kind: 'done', name, alreadyPresent: false });
    for (const [file, content] of Object.entries(files)) {
      expect(readFileSync(join(inbox, name, file)).equals(Buffer.from(content))).toBe(true);
    }
    expect(contentOf(inbox).filter((entry) => !entry.startsWith(name))).toEqual([]);
    expect(await offerAll(client, offer)).toEqual([{ kind: 'done', name, alreadyPresent: true }]);
  });

  test('never replaces what stands there: a name that is taken gets a number', async () => {
    const { offer } = await startSender({ 'note.txt': 'new' }, 'note.txt');
    const { client, inbox } = await startReceiver();
    writeFileSync(join(inbox, 'note.txt'), 'old');
    expect((await offerAll(client, offer)).at(-1)).toMatchObject({ kind: 'done', name: 'note (2).txt' });
    expect(readFileSync(join(inbox, 'note.txt'), 'utf8')).toBe('old');
    expect(readFileSync(join(inbox, 'note (2).txt'), 'utf8')).toBe('new');
    expect((await offerAll(client, offer)).at(-1)).toMatchObject({ name: 'note (2).txt', alreadyPresent: true });
    const { offer: folderOffer } = await startSender({ 'x.txt': '1' });
    const { name } = folderOffer.file;
    mkdirSync(join(inbox, name));
    writeFileSync(join(inbox, name, 'mine.txt'), 'mine');
    expect((await offerAll(client, folderOffer)).at(-1)).toMatchObject({ kind: 'done', name: `${name} (2)` });
    expect(readdirSync(join(inbox, name))).toEqual(['mine.txt']);
  });

  test.each<[string, Partial<InboxOptions>, string]>([
    ['nothing at all', { otherwise: 'refuse' }, 'policy'],
    ['users that nobody is without certificates', { otherwise: 'accept', users: ['ana'] }, 'user'],
    ['what is too large', { otherwise: 'accept', maxBytes: 4 }, 'size'],
    ['another type', { otherwise: 'accept', types: ['txt'] }, 'type'],
    ['what is over the quota', { otherwise: 'accept', quotaBytes: 4 }, 'quota'],
    ['what somebody says no to', { otherwise: 'ask', ask: async () => false }, 'person'],
  ])('takes nothing by default, and stores nothing of what is refused: %s', async (_what, rules, rule) => {
    const { client, inbox } = await startReceiver(rules);
    const error = await failureOf(() => offerAll(client, madeUp()));
    expect(error).toMatchObject({ reason: 'OFFER_REFUSED', code: 'PERMISSION_DENIED', metadata: { rule } });
    expect(contentOf(inbox)).toEqual([]);
  });

  test('without an inbox it refuses all, and makes no folder', async () => {
    const { client } = await startPeer({ paths: [] });
    const error = await failureOf(() => offerAll(client, madeUp()));
    expect(error).toMatchObject({ reason: 'OFFER_REFUSED', metadata: { rule: 'policy' } });
  });

  test('refuses what the disk has no room for, before a byte', async () => {
    const { client, inbox } = await startReceiver();
    const error = await failureOf(() => offerAll(client, madeUp({ sizeBytes: 2 ** 44 })));
    expect(error).toMatchObject({ reason: 'OFFER_REFUSED', metadata: { rule: 'space' } });
    expect(contentOf(inbox)).toEqual([]);
  });

  test('takes no folder with files of another type, whatever the offer says of it', async () => {
    const { offer } = await startSender({ 'a.txt': 'a', 'run.sh': '#!' });
    const { client, inbox } = await startReceiver({ otherwise: 'accept', types: ['txt'] });
    expect(await failureOf(() => offerAll(client, offer))).toMatchObject({
      reason: 'OFFER_REFUSED',
      metadata: { rule: 'type' },
    });
    const { file } = offer;
    const smaller = { ...offer, file: { ...file, folder: { fileCount: 2, totalSizeBytes: 1 } } };
    expect(await offerAll((await startReceiver()).client, smaller)).toMatchObject([
      { kind: 'failed', reason: 'FOLDER_REFUSED' },
    ]);
    expect(contentOf(inbox)).toEqual([]);
  });

  test.each([
    'sub/..',
    '..',
    'a/..',
    'C:evil',
    'a\u0000b',
    'x\\y',
    'aux.txt',
    'a\u202egpj.exe',
    'x.cardume-part',
    quarantineName,
    '.CARDUME-Incoming',
    'n'.repeat(256),
    '',
  ])('refuses a name that could leave the inbox, or be taken for something else: %j', async (name) => {
    const { client, inbox } = await startReceiver();
    const error = await failureOf(() => offerAll(client, madeUp({ name })));
    expect(['UNSAFE_NAME', 'INVALID_FIELD']).toContain(error.reason);
    expect(contentOf(inbox)).toEqual([]);
  });

  test.each<[string, Partial<OfferInput>]>([
    ['a digest that is none', { file: { ...madeUp().file, digest: 'xyz' } }],
    ['a size below zero', { file: { ...madeUp().file, sizeBytes: -1 } }],
    ['a peer id that is none', { peerId: 'me' }],
    ['a port that is none', { port: 65_536 }],
    ['too many other peers', { otherPeerIds: Array.from({ length: 65 }, (_, at) => `${at}`.padStart(64, '0')) }],
  ])('refuses an offer with %s', async (_what, change) => {
    const { client } = await startReceiver();
    const error = await failureOf(() => offerAll(client, { ...madeUp(), ...change }));
    expect(error.code).toBe('INVALID_ARGUMENT');
  });

  test.each<[string, (honest: Buffer) => { content: Buffer; sizeBytes?: number; pieceHashes?: Uint8Array }]>([
    ['its bytes', (honest) => ({ content: Buffer.alloc(honest.length, 7) })],
    ['its manifest', (honest) => ({ content: honest, pieceHashes: Buffer.alloc(3 * 32, 1) })],
    ['its size', (honest) => ({ content: honest, sizeBytes: honest.length - 5 })],
    ['how much it has', (honest) => ({ content: honest.subarray(0, 1_000) })],
  ])('has nothing of a sender that lies about %s', async (_what, lie) => {
    const honest = patterned(2_500_000);
    const manifest = manifestOf(honest);
    const { content, sizeBytes = honest.length, pieceHashes = manifest.pieceHashes } = lie(honest);
    const { pieceLengthBytes, digest } = manifest;
    await using sender = await startHostileSender({ content, sizeBytes, pieceLengthBytes, pieceHashes });
    const { client, inbox } = await startReceiver({ otherwise: 'accept', waitMs: 1_000 });
    const file = { ...madeUp().file, sizeBytes, digest };
    const told = await offerAll(client, { file, port: sender.port });
    expect(told).toMatchObject([{ kind: 'accepted' }, { kind: 'failed', reason: 'NO_HOLDER_LEFT' }]);
    await until('what is left of it to be removed', () => !existsSync(join(inbox, 'a.iso')));
    // What was right of it proves itself, and may stay for the next try; under its name there is nothing.
    expect(readdirSync(inbox)).toEqual([quarantineName]);
  });

  test('asks its owner once for one thing, says so meanwhile, and takes the answer', async () => {
    const { offer } = await startSender({ 'a.txt': 'asked for' }, 'a.txt');
    const questions: Question[] = [];
    const answers = Promise.withResolvers<boolean>();
    const { client, inbox } = await startReceiver({
      otherwise: 'ask',
      ask: (question) => {
        questions.push(question);
        return answers.promise;
      },
    });
    const offering = offerAll(client, offer);
    await until('the owner to be asked', () => questions.length > 0);
    expect(questions).toEqual([
      { name: 'a.txt', totalBytes: 9, fileCount: undefined, user: undefined, host: '127.0.0.1' },
    ]);
    expect(contentOf(inbox)).toEqual([]);
    answers.resolve(true);
    expect((await offering).map(({ kind }) => kind)).toEqual(['asked', 'accepted', 'done']);
    const { offer: other } = await startSender({ 'b.txt': 'another' }, 'b.txt');
    await offerAll(client, other);
    expect(questions).toHaveLength(2);
  });

  test('withdraws the question when the sender goes', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const { client } = await startReceiver({
      otherwise: 'ask',
      ask: (_question, signal) => {
        asked.resolve(signal);
        return new Promise(() => {});
      },
    });
    const stop = new AbortController();
    const offering = (async () => {
      for await (const _ of client.offer(madeUp(), { signal: stop.signal })) void _;
    })();
    const signal = await asked.promise;
    stop.abort();
    await expect(offering).rejects.toMatchObject({ reason: 'CANCELLED' });
    await until('the question to be withdrawn', () => signal.aborted);
  });

  test('goes on when the call ends, and tells the rest to who offers it again', async () => {
    const content = patterned(3_000_000);
    const { offer } = await startSender({ 'slow.bin': content }, 'slow.bin', 2_000_000);
    const { client, inbox } = await startReceiver();
    for await (const { kind } of client.offer(offer)) if (kind === 'accepted') break;
    const told = await offerAll(client, offer);
    expect(told.at(-1)).toMatchObject({ kind: 'done', name: 'slow.bin' });
    expect(told).not.toContainEqual({ kind: 'accepted' });
    expect(readFileSync(join(inbox, 'slow.bin')).equals(content)).toBe(true);
  });

  test('keeps what it has when it is started again, and nobody is there who gives the rest', async () => {
    const { offer, peer: sender } = await startSender({ 'slow.bin': patterned(4_000_000) }, 'slow.bin', 1_000_000);
    const { client, inbox, peer: first } = await startReceiver();
    for await (const news of client.offer(offer)) if (news.kind === 'progress' && news.verifiedBytes > 0) break;
    await Promise.all([first.stop(0), sender.stop(0)]);
    const kept = readdirSync(join(inbox, quarantineName));
    expect(kept).toHaveLength(1);
    const rules = { folder: inbox, otherwise: 'accept', waitMs: 500 } as const;
    const second = await startPeer({ paths: [], index: formatAddress(index.address), inbox: rules });
    expect((await offerAll(second.client, offer)).at(-1)).toMatchObject({ kind: 'failed', reason: 'NO_HOLDER_LEFT' });
    expect(readdirSync(join(inbox, quarantineName))).toEqual(kept);
  });

  test('tells that something is there, though the inbox would have no room for it again', async () => {
    const { offer } = await startSender({ 'most.bin': patterned(60_000) }, 'most.bin');
    const { client } = await startReceiver({ otherwise: 'accept', quotaBytes: 100_000 });
    expect((await offerAll(client, offer)).at(-1)).toMatchObject({ kind: 'done', alreadyPresent: false });
    expect(await offerAll(client, offer)).toEqual([{ kind: 'done', name: 'most.bin', alreadyPresent: true }]);
    const { offer: other } = await startSender({ 'more.bin': patterned(50_000) }, 'more.bin');
    const error = await failureOf(() => offerAll(client, other));
    expect(error).toMatchObject({ reason: 'OFFER_REFUSED', metadata: { rule: 'quota' } });
  });

  test('receives once what is offered twice at the same time', async () => {
    const { offer } = await startSender({ 'twice.bin': patterned(2_000_000) }, 'twice.bin', 4_000_000);
    const { client, inbox } = await startReceiver();
    // Who came too close behind is told to offer it again, as a sender does.
    const untilDone = (): Promise<unknown> =>
      until('it to be taken', async () => {
        try {
          return (await offerAll(client, offer)).at(-1);
        } catch (error) {
          expect(error).toMatchObject({ reason: 'TARGET_BUSY' });
          return undefined;
        }
      });
    const ends = await Promise.all([untilDone(), untilDone(), untilDone()]);
    for (const end of ends) expect(end).toMatchObject({ kind: 'done', name: 'twice.bin' });
    expect(contentOf(inbox)).toEqual(['twice.bin']);
  });

  test('keeps room for what it has accepted', async () => {
    const { offer } = await startSender({ 'slow.bin': patterned(2_000_000) }, 'slow.bin', 500_000);
    const { client } = await startReceiver({ otherwise: 'accept', quotaBytes: 3_000_000 });
    const stop = new AbortController();
    for await (const { kind } of client.offer(offer, { signal: stop.signal })) if (kind === 'accepted') break;
    const error = await failureOf(() => offerAll(client, madeUp({ sizeBytes: 1_500_000 })));
    expect(error).toMatchObject({ reason: 'OFFER_REFUSED', metadata: { rule: 'quota' } });
  });

  test('several receivers get it from each other, too', async () => {
    const content = patterned(24 * 1024 * 1024);
    const { offer, peer } = await startSender({ 'big.bin': content }, 'big.bin', 6_000_000);
    const receivers = await Promise.all([startReceiver(), startReceiver(), startReceiver()]);
    const ids = receivers.map(({ peer: { peerId } }) => peerId);
    const ends = await Promise.all(
      receivers.map(async ({ client, peer: { peerId } }) =>
        (await offerAll(client, { ...offer, otherPeerIds: ids.filter((id) => id !== peerId) })).at(-1),
      ),
    );
    expect(ends).toEqual(Array.from({ length: 3 }, () => ({ kind: 'done', name: 'big.bin', alreadyPresent: false })));
    for (const { inbox } of receivers) expect(readFileSync(join(inbox, 'big.bin')).equals(content)).toBe(true);
    const passedOn = receivers.flatMap(({ events }) =>
      events.flatMap((event) => (event.type === 'served' ? [event.bytes] : [])),
    );
    expect(passedOn.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(1_000_000);
    expect(peer.fileCount).toBe(0);
  });
});

describe('in a network with certificates', () => {
  test('users are who their certificates say, and nobody offers for another peer', async () => {
    const network = await startNetwork();
    const managing = usersOf(network.index, await enrol(network.admin));
    const { token } = await managing.addUser({ name: 'ana', role: 2 });
    const { token: readerToken } = await managing.addUser({ name: 'rita', role: 1 });
    const [receiving, ana, other, rita] = await Promise.all([
      enrol(network.member),
      enrol(network.member, token),
      enrol(network.member),
      enrol(network.member, readerToken),
    ]);
    const where = { index: formatAddress(network.index.address) };
    const inbox = fresh('inbox');
    const { peer: receiver } = await startPeer({
      ...{ paths: [], network: receiving, ...where },
      inbox: { folder: inbox, otherwise: 'accept', users: ['ana'] },
    });
    const path = fresh('sending');
    writeFiles(path, { 'a.txt': 'from ana' });
    const { peer } = await startPeer({ paths: [join(path, 'a.txt')], unlisted: true, network: ana, ...where });
    const file = await until('what is sent to be hashed', () => peer.sharedAs(join(path, 'a.txt')));
    const clientOf = (machine: typeof ana) =>
      closing(openPeer(receiver.address, { tls: machine.tlsOfPeer(receiver.peerId) }));
    const offer = { file, port: peer.address.port };
    expect(await failureOf(() => offerAll(clientOf(other), offer))).toMatchObject({
      reason: 'OFFER_REFUSED',
      metadata: { rule: 'user' },
    });
    const readers = await failureOf(() => offerAll(clientOf(rita), offer));
    expect(readers).toMatchObject({ reason: 'NOT_ALLOWED', metadata: { needed_role: 'member' } });
    const forAnother = { ...offer, peerId: receiver.peerId };
    expect(await failureOf(() => offerAll(clientOf(ana), forAnother))).toMatchObject({ reason: 'NOT_ALLOWED' });
    expect(contentOf(inbox)).toEqual([]);
    expect((await offerAll(clientOf(ana), offer)).at(-1)).toMatchObject({ kind: 'done', name: 'a.txt' });
    expect(readFileSync(join(inbox, 'a.txt'), 'utf8')).toBe('from ana');
  });
});
