import { join } from 'node:path';
import { DigestBuilder, emptyFileDigest, type PeerClient, usualPieceLength } from '@cardume/client';
import { openChannel } from '@cardume/client/channel';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { collect, patterned, sharedNames, type TestPeer, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const mib = 1024 * 1024;
const sizes = [0, 1, 16_385, mib - 1, mib, mib + 1, 5 * mib + 7];
const names = Array.from({ length: 1_205 }, (_, number) => `many/${String(number).padStart(4, '0')} \u00fc.txt`);

let running: TestPeer;
let client: PeerClient;

beforeAll(async () => {
  writeFiles(join(folder, 'share'), {
    ...Object.fromEntries(sizes.map((size) => [`${size}.bin`, patterned(size)])),
    ...Object.fromEntries(names.map((name) => [name, name])),
  });
  running = await startPeer({ paths: [join(folder, 'share')], stateFolder: join(folder, 'state') });
  client = running.client;
});

function manifestOf(bytes: Buffer, pieceLengthBytes = usualPieceLength(bytes.length)) {
  const builder = new DigestBuilder(pieceLengthBytes);
  builder.update(bytes);
  return builder.finish();
}

describe('ListFiles', () => {
  test('gives every file once, in the order of names, over as many pages as it takes', async () => {
    const all = [...sizes.map((size) => `${size}.bin`), ...names].sort();
    expect(await sharedNames(client)).toEqual(all);
    for (const pageSize of [1, 7, 1_000]) {
      const first = await client.listFilesPage(pageSize);
      expect(first.files.map(({ name }) => name)).toEqual(all.slice(0, pageSize));
      const second = await client.listFilesPage(pageSize, first.nextPageToken);
      expect(second.files.map(({ name }) => name)).toEqual(all.slice(pageSize, 2 * pageSize));
    }
  });

  test('tells who answers, what the share is called and how many files there are', async () => {
    const page = await client.listFilesPage(0);
    expect(page.files).toHaveLength(100);
    expect(page).toMatchObject({
      peerId: running.peer.peerId,
      shareName: 'share',
      fileCount: names.length + sizes.length,
    });
    expect(running.peer.peerId).toMatch(/^[0-9a-f]{64}$/);
  });

  test('gives pages of 1,000 to who asks for more', async () => {
    expect((await client.listFilesPage(5_000)).files).toHaveLength(1_000);
  });

  test('refuses a negative page size', async () => {
    expect((await failureOf(() => client.listFilesPage(-1))).reason).toBe('INVALID_FIELD');
  });

  test.each([
    ['noise', 'not a token'],
    ['another version', Buffer.from('2a.txt').toString('base64url')],
    ['an unsafe name', Buffer.from('1../a').toString('base64url')],
    ['no name', Buffer.from('1').toString('base64url')],
    ['a good one with something behind it', `${Buffer.from('1a.txt').toString('base64url')}==`],
    ['a very long one', 'MWEu'.repeat(100_000)],
  ])('refuses a page token that is %s', async (_, token) => {
    expect((await failureOf(() => client.listFilesPage(10, token))).reason).toBe('PAGE_TOKEN_INVALID');
  });
});

describe('GetManifest', () => {
  test.each(sizes)('of a file of %i bytes proves itself at every piece length', async (size) => {
    const { digest } = manifestOf(patterned(size));
    for (const pieceLengthBytes of [mib, 2 * mib, 4 * mib, 8 * mib, 1024 * mib]) {
      const manifest = await client.manifest(digest, size, pieceLengthBytes);
      if (pieceLengthBytes <= 8 * mib) {
        expect(manifest.pieceHashes).toEqual(manifestOf(patterned(size), pieceLengthBytes).pieceHashes);
      }
    }
  });

  test('of the known contents has the known digests', async () => {
    // BEP 52 pieces roots of bytes i mod 251, made by another implementation.
    const page = await client.listFilesPage(1_000);
    const file = page.files.find(({ name }) => name === '16385.bin');
    expect(file?.digest).toBe('9d7887c65d577a0237fb3c0998b87b3a62762d03796889a2caea01db914ccbb8');
  });

  test('tells size and usual piece length in every message, and of an empty file in one message', async () => {
    const channel = openChannel(running.peer.address, 'peer');
    const service = channel.client(TransferServiceDefinition);
    const empty = await collect(service.getManifest({ digest: emptyFileDigest }));
    expect(empty).toEqual([{ sizeBytes: 0, pieceLengthBytes: mib, pieceHashes: new Uint8Array() }]);
    const { digest } = manifestOf(patterned(mib + 1));
    const messages = await collect(service.getManifest({ digest }));
    expect(messages).toMatchObject([{ sizeBytes: mib + 1, pieceLengthBytes: mib }]);
    channel.close();
  });

  test.each([
    ['no power of two', 3 * mib],
    ['below the usual one', mib / 2],
    ['over 1 GiB', 2048 * mib],
    ['negative', -mib],
  ])('refuses a piece length that is %s', async (_, pieceLengthBytes) => {
    const { digest } = manifestOf(patterned(mib));
    expect((await failureOf(() => client.manifest(digest, mib, pieceLengthBytes))).reason).toBe('INVALID_FIELD');
  });

  test('refuses what is no digest, and does not know one that is not shared', async () => {
    expect((await failureOf(() => client.manifest('xyz', 1, mib))).reason).toBe('INVALID_FIELD');
    expect((await failureOf(() => client.manifest('0'.repeat(64), 1, mib))).reason).toBe('FILE_NOT_SHARED');
  });
});
