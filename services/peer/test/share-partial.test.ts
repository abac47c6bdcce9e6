import {
  linkSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress, type IndexClient, openIndex, type PeerInfo } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { type RunningIndex, startIndex } from '@cardume/index';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { makePart } from './support/part-file.ts';
import { collect, downloadBytes, manifestOf, sharedNames, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const mib = 1024 * 1024;
let server: RunningIndex;
let index: IndexClient;
let at: string;
let partCount = 0;

beforeAll(async () => {
  server = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent' });
  index = openIndex(server.address);
  at = formatAddress(server.address);
});

afterAll(async () => {
  index.close();
  await server.stop(0);
});

const newPath = (): string => join(folder, `${partCount++}`);
const newPart = (name: string, sizeBytes = 5 * mib + 7) => makePart(`${newPath()}.cardume-part`, name, sizeBytes);
const peersNow = (): Promise<PeerInfo[]> => collect(index.listPeers());
const hitsOf = (name: string) => collect(index.searchAll({ query: name, mode: 'exact' }));

/** How many descriptors of this process lead to a file. */
function descriptorsOf(path: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === path;
    } catch {
      // It was closed between the two calls.
      return false;
    }
  }).length;
}

describe('a peer that shares no folder', () => {
  test('joins at once, under an id of this time only, and leaves when it stops', async () => {
    const startMs = performance.now();
    const { peer, events } = await startPeer({ paths: [], index: at });
    // It waits for nothing: not even for files to settle, which would be a second. Alone it takes some 20 ms.
    expect(performance.now() - startMs).toBeLessThan(900);
    expect(events.map(({ type }) => type)).toEqual(['joined']);
    expect(await peersNow()).toMatchObject([{ peerId: peer.peerId, shareName: '', fileCount: 0, reachable: true }]);
    const other = await startPeer({ paths: [], index: at });
    expect(other.peer.peerId).not.toBe(peer.peerId);
    await Promise.all([peer.stop(), other.peer.stop()]);
    expect(await peersNow()).toEqual([]);
  });

  test('serves nothing', async () => {
    const { client } = await startPeer({ paths: [] });
    expect(await sharedNames(client)).toEqual([]);
    expect((await failureOf(() => downloadBytes(client, { name: 'x' }))).reason).toBe('FILE_NOT_SHARED');
  });
});

describe('a file that is being downloaded', () => {
  test('is found with its holder, who is said to have a part of it; and then the whole', async () => {
    const part = newPart('models/found.bin');
    const { peer, client } = await startPeer({ paths: [], index: at });
    const share = await peer.sharePartial(part.init);
    const hit = await until('it to be found', async () => (await hitsOf('found.bin'))[0]);
    expect(hit).toMatchObject({
      name: 'models/found.bin',
      digest: part.digest,
      sizeBytes: part.sizeBytes,
      holderCount: 0,
      holders: [{ peerId: peer.peerId, partial: true, reachable: true }],
    });
    expect(await collect(client.listFiles())).toMatchObject([{ name: 'models/found.bin', partial: true }]);
    expect(peer.fileCount).toBe(1);

    writeFileSync(join(folder, 'other holder'), part.content);
    const other = await startPeer({ paths: [join(folder, 'other holder')], index: at, shareName: 'whole' });
    const lookedUp = (await collect(index.lookup([part.digest]))).flat();
    expect(lookedUp.map(({ name, holderCount }) => [name, holderCount])).toEqual([
      ['other holder', 1],
      ['models/found.bin', 0],
    ]);
    await other.peer.stop();

    part.write(0, 1, 2, 3, 4, 5);
    const target = newPath();
    renameSync(part.path, target);
    await share.whole(target);
    const whole = await until('it to be whole', async () => (await hitsOf('found.bin')).find((now) => now.holderCount));
    expect(whole).toMatchObject({ holders: [{ peerId: peer.peerId, partial: false }] });
    expect(await collect(client.listFiles())).toMatchObject([{ name: 'models/found.bin', partial: false }]);

    await share.stop();
    await until('it to be gone', async () => (await hitsOf('found.bin')).length === 0);
    expect(peer.fileCount).toBe(0);
    await peer.stop();
  });

  test('is listed after whole holders of the same name', async () => {
    const part = newPart('same.bin');
    writeFiles(join(folder, 'same'), { 'same.bin': part.content });
    const partial = await startPeer({ paths: [], index: at });
    const whole = await startPeer({ paths: [join(folder, 'same')], index: at });
    const late = await startPeer({ paths: [], index: at });
    await partial.peer.sharePartial(part.init);
    await late.peer.sharePartial(part.init);
    const hit = await until('three holders', async () =>
      (await hitsOf('same.bin')).find((h) => h.holders.length === 3),
    );
    expect(hit.holders.map((holder) => holder.partial)).toEqual([false, true, true]);
    expect(hit.holders[0]?.peerId).toBe(whole.peer.peerId);
    expect(hit.holderCount).toBe(1);
    await Promise.all([partial, whole, late].map(({ peer }) => peer.stop()));
  });

  test('is served piece by piece as they come, across their edges, and no byte more', async () => {
    const part = newPart('edges.bin');
    const { peer, client } = await startPeer({ paths: [] });
    part.write(1, 2);
    const share = await peer.sharePartial({ ...part.init, have: [1] });
    share.have(2);
    const bytesOf = (offset: number, limit: number) => downloadBytes(client, { digest: part.digest, offset, limit });
    const expectBytes = async (start: number, end: number): Promise<void> =>
      expect((await bytesOf(start, end - start)).equals(part.content.subarray(start, end))).toBe(true);
    await expectBytes(mib, 3 * mib);
    await expectBytes(mib, mib + 1);
    await expectBytes(3 * mib - 1, 3 * mib);
    await expectBytes(mib + 12_345, 2 * mib + 54_321);

    const missingPieceOf = async (offset: number, limit: number) => {
      const { reason, code, metadata } = await failureOf(() => bytesOf(offset, limit));
      expect([reason, code]).toEqual(['PIECES_MISSING', 'FAILED_PRECONDITION']);
      expect(metadata).toMatchObject({ digest: part.digest, piece_length_bytes: String(mib) });
      return metadata.piece;
    };
    expect(await missingPieceOf(mib - 1, 1)).toBe('0');
    expect(await missingPieceOf(mib - 1, 2)).toBe('0');
    expect(await missingPieceOf(3 * mib, 1)).toBe('3');
    expect(await missingPieceOf(2 * mib, mib + 1)).toBe('3');
    expect(await missingPieceOf(mib, 0)).toBe('3');
    expect(await missingPieceOf(0, 0)).toBe('0');
    expect(await client.describe({ digest: part.digest })).toMatchObject({ name: 'edges.bin', partial: true });
    expect((await failureOf(() => bytesOf(part.sizeBytes + 1, 1))).reason).toBe('OFFSET_OUT_OF_RANGE');
    // A range that is empty touches no piece.
    expect((await bytesOf(part.sizeBytes, 0)).length).toBe(0);

    part.write(5, 3);
    share.haveRange(5, 6);
    await expectBytes(5 * mib, part.sizeBytes);
    expect(await missingPieceOf(2 * mib, 0)).toBe('3');
    part.write(4, 0);
    share.haveRange(3, 5);
    share.have(0);
    await expectBytes(0, part.sizeBytes);
    expect(share.isWhole).toBe(false);
    expect((await downloadBytes(client, { name: 'edges.bin' })).equals(part.content)).toBe(true);
    await share.stop();
    expect((await failureOf(() => bytesOf(mib, 1))).reason).toBe('FILE_NOT_SHARED');
    share.have(0);
    await share.whole(part.path);
    await share.stop();
    expect(peer.fileCount).toBe(0);
  });

  test('gives its manifest, and is a failure among several files as long as it is not whole', async () => {
    const part = newPart('several.bin');
    const onePiece = newPart('one piece.bin', 1_000);
    const { peer, client } = await startPeer({ paths: [] });
    const share = await peer.sharePartial(part.init);
    const { manifest: _, ...withoutManifest } = onePiece.init;
    await peer.sharePartial({ ...withoutManifest, modifyTime: new Date(1_700_000_000_000) });
    for (const { digest, sizeBytes, content } of [part, onePiece]) {
      expect(await client.manifest(digest, sizeBytes, mib)).toEqual(manifestOf(content));
      await client.manifest(digest, sizeBytes, 4 * mib);
    }
    const channel = openChannel(peer.address, 'peer');
    const service = channel.client(TransferServiceDefinition);
    const cases = async () => {
      const messages = await collect(service.downloadFiles({ digests: [part.digest, onePiece.digest] }));
      return messages.map(({ payload }) =>
        payload?.$case === 'failure' ? payload.value.reason : payload?.$case === 'file' ? payload.value.name : 'bytes',
      );
    };
    expect(await cases()).toEqual(['PIECES_MISSING', 'PIECES_MISSING']);
    part.write(0, 1, 2, 3, 4, 5);
    share.haveRange(0, 6);
    expect((await cases()).filter((what) => what !== 'bytes')).toEqual(['several.bin', 'PIECES_MISSING']);
    channel.close();
    const { files } = await client.listFilesPage(10);
    expect(files.map(({ name, modifyTime }) => [name, modifyTime?.getTime()])).toEqual([
      ['one piece.bin', 1_700_000_000_000],
      ['several.bin', undefined],
    ]);
  });

  test('is served while another process writes to it, and each piece is what it should be', async () => {
    const part = newPart('written.bin', 40 * mib + 1);
    const source = newPath();
    writeFileSync(source, part.content);
    const { peer, client } = await startPeer({ paths: [] });
    const share = await peer.sharePartial(part.init);
    const script = join(import.meta.dirname, 'support/write-pieces.ts');
    const writer = startProcess(process.execPath, [script, source, part.path]);
    const known = new Set<number>();
    const toCheck: number[] = [];
    const readPieces = (): void => {
      for (const [, text] of writer.stdout.matchAll(/"piece":(\d+)\}\n/g)) {
        const piece = Number(text);
        if (known.has(piece)) continue;
        known.add(piece);
        toCheck.push(piece);
        share.have(piece);
      }
    };
    try {
      let checkedCount = 0;
      while (checkedCount < part.pieceCount) {
        readPieces();
        const piece = toCheck.shift();
        if (piece === undefined) {
          await sleep(1);
          continue;
        }
        const range = { digest: part.digest, offset: piece * mib, limit: part.piece(piece).length };
        expect((await downloadBytes(client, range)).equals(part.piece(piece))).toBe(true);
        checkedCount += 1;
      }
    } finally {
      await writer.stop();
    }
    expect((await downloadBytes(client, { digest: part.digest })).equals(part.content)).toBe(true);
  });

  test('that gets its name while it is being sent is sent on, and is then served from there, as every file', async () => {
    const part = newPart('named.bin', 64 * mib);
    const { peer, client } = await startPeer({ paths: [] });
    part.write(...Array.from({ length: 64 }, (_, piece) => piece));
    const share = await peer.sharePartial(part.init);
    share.haveRange(0, 64);
    const { chunks } = await client.download({ digest: part.digest });
    const iterator = chunks[Symbol.asyncIterator]();
    const first = await iterator.next();
    const target = newPath();
    linkSync(part.path, target);
    rmSync(part.path);
    await share.whole(target);
    expect(share.isWhole).toBe(true);
    const rest = await collect({ [Symbol.asyncIterator]: () => iterator });
    expect(Buffer.concat([first.value as Uint8Array, ...rest]).equals(part.content)).toBe(true);
    expect((await downloadBytes(client, { digest: part.digest })).equals(part.content)).toBe(true);
    await until('the part to be let go of', () => descriptorsOf(target) === 0);

    writeFileSync(target, part.content.fill(0));
    const { reason } = await failureOf(() => downloadBytes(client, { digest: part.digest, limit: 1 }));
    expect(reason).toBe('FILE_CHANGED');
    expect(await sharedNames(client)).toEqual([]);
  });

  test('that is cut off is not taken for what it was', async () => {
    const part = newPart('cut.bin');
    const { peer, client } = await startPeer({ paths: [] });
    part.write(0, 4);
    const share = await peer.sharePartial({ ...part.init, have: [0, 4] });
    truncateSync(part.path, 2 * mib);
    const range = { digest: part.digest, offset: 4 * mib, limit: mib };
    expect((await failureOf(() => downloadBytes(client, range))).reason).toBe('FILE_CHANGED');
    expect(await sharedNames(client)).toEqual([]);
    await share.stop();
  });

  test('has a name of its own beside files that have it, and gives it up to a file in the folder', async () => {
    const [part, other] = [newPart('taken.bin'), newPart('taken.bin')];
    writeFiles(join(folder, 'taken'), { 'taken.bin': 'another content', 'a.txt': 'a' });
    const { peer, client } = await startPeer({ paths: [join(folder, 'taken')], index: at });
    const shares = [await peer.sharePartial(part.init), await peer.sharePartial(other.init)];
    const again = await peer.sharePartial(part.init);
    expect(shares.map(({ name }) => name)).toEqual(
      [part, other].map(({ digest }) => `${digest.slice(0, 8)}/taken.bin`),
    );
    expect(again.name).toBe(`${part.digest.slice(0, 16)}/taken.bin`);
    expect(await sharedNames(client)).toEqual(
      ['a.txt', 'taken.bin', again.name, ...shares.map(({ name }) => name)].sort(),
    );
    expect((await downloadBytes(client, { name: 'taken.bin' })).toString()).toBe('another content');

    const late = newPart('late.bin');
    await peer.sharePartial(late.init);
    const pages = [await client.listFilesPage(3), await client.listFilesPage(100)];
    expect(pages.map(({ files, fileCount }) => [files.length, fileCount])).toEqual([
      [3, 6],
      [6, 6],
    ]);
    writeFiles(join(folder, 'taken'), { 'late.bin': 'it came' });
    await until('the new file', async () => (await client.describe({ name: 'late.bin' })).sizeBytes === 7);
    expect((await client.listFilesPage(100)).fileCount).toBe(6);
    expect((await client.manifest(late.digest, late.sizeBytes, mib)).digest).toBe(late.digest);
    await until('the index to know', async () => (await hitsOf('late.bin')).some(({ sizeBytes }) => sizeBytes === 7));
    await peer.stop();
  });

  test.each<[string, object, string, RegExp]>([
    ['a digest that is none', { digest: 'x' }, 'INVALID_FIELD', /digest/],
    ['an unsafe name', { name: '../x' }, 'UNSAFE_NAME', /name/],
    ['a size that is none', { sizeBytes: -1 }, 'INVALID_FIELD', /sizeBytes/],
    ['another size than the file has', { sizeBytes: 5 * mib + 6, manifest: 'of that size' }, 'INVALID_FIELD', /path/],
    ['a manifest of another file', { digest: 'ab'.repeat(32) }, 'INVALID_FIELD', /manifest/],
    ['no manifest', { manifest: undefined }, 'INVALID_FIELD', /manifest/],
    ['pieces that it does not have', { have: [6] }, 'INVALID_FIELD', /piece/],
    ['a path to nothing', { path: join(folder, 'nothing') }, 'INVALID_FIELD', /path/],
    ['a path to a folder', { path: folder }, 'INVALID_FIELD', /path/],
    ['a time that no index takes', { modifyTime: new Date(Number.NaN) }, 'INVALID_FIELD', /modifyTime/],
  ])('is not shared with %s', async (_, change, reason, message) => {
    const part = newPart('refused.bin');
    const { peer } = await startPeer({ paths: [] });
    const init = { ...part.init, ...change };
    if (typeof init.manifest === 'string') init.manifest = { ...part.init.manifest, sizeBytes: 5 * mib + 6 };
    const failure = await failureOf(() => peer.sharePartial(init));
    expect(failure.reason).toBe(reason);
    expect(failure.message).toMatch(message);
    expect(peer.fileCount).toBe(0);
  });

  test('is not whole under a name that another file has', async () => {
    const part = newPart('impostor.bin');
    const { peer, client } = await startPeer({ paths: [] });
    part.write(0);
    const share = await peer.sharePartial({ ...part.init, have: [0] });
    const target = newPath();
    writeFileSync(target, part.content);
    expect((await failureOf(() => share.whole(target))).reason).toBe('INVALID_FIELD');
    expect((await failureOf(() => share.whole(newPath()))).reason).toBe('INVALID_FIELD');
    expect(share.isWhole).toBe(false);
    expect((await downloadBytes(client, { digest: part.digest, limit: mib })).equals(part.piece(0))).toBe(true);
    await share.stop();
    expect(readFileSync(target).equals(part.content)).toBe(true);
  });

  test('is shared no more by a peer that has stopped, and leaves no descriptor', async () => {
    const part = newPart('stopped.bin');
    const { peer } = await startPeer({ paths: [] });
    const share = await peer.sharePartial(part.init);
    expect(descriptorsOf(part.path)).toBe(1);
    await peer.stop();
    expect(descriptorsOf(part.path)).toBe(0);
    share.have(0);
    await share.stop();
    expect((await failureOf(() => peer.sharePartial(part.init))).reason).toBe('SHUTTING_DOWN');
  });
});
