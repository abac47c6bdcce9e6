import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeepPartial, IndexServiceDefinition, type SearchResponse } from '@cardume/proto/index/v1';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, ServerError, Status } from 'nice-grpc';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { newFolders } from '../../../tests/support/new-folders.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { type Cardume, connect } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';
import type { ScriptedHolder } from './support/scripted-holder.ts';
import { testHolders } from './support/test-holders.ts';

const root = temporaryFolder();
const stops: (() => unknown)[] = [];
const newFolder = newFolders(root);
const startHolder = testHolders();

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** An index that answers every search with what the test says, true or not. */
async function startLyingIndex(answer: () => DeepPartial<SearchResponse>): Promise<Cardume> {
  const other = async (): Promise<never> => {
    throw new ServerError(Status.UNIMPLEMENTED, 'no');
  };
  const server = createServer();
  server.add(IndexServiceDefinition, {
    search: async () => answer(),
    join: other,
    publish: other,
    renew: other,
    leave: other,
    lookup: other,
    listPeers: other,
    getStats: other,
    reportHolder: other,
    watch: async function* () {},
  });
  const port = await server.listen('127.0.0.1:0');
  const cardume = connect({ index: { host: '127.0.0.1', port } });
  stops.push(
    () => server.forceShutdown(),
    () => cardume.close(),
  );
  return cardume;
}

/** What an honest index would say of a holder's file. */
function hitOf(
  { manifest, holder }: ScriptedHolder,
  name = 'file.bin',
): NonNullable<DeepPartial<SearchResponse>['hits']>[0] {
  const { digest, sizeBytes } = manifest;
  return { name, digest, sizeBytes, holderCount: 1, holders: [{ ...holder, reachable: true }] };
}

describe('an index that lies', () => {
  test.each([
    '../escaped',
    '..',
    '/tmp/absolute',
    'a\\..\\b',
    'nul\u0000',
    'CON',
    'turn\u202egpj.exe',
    'bell\u0007',
    'e\u0301',
    'other.bin.cardume-journal',
  ])("about a name, %j: nothing is written, and a name of one's own works", async (name) => {
    const content = patternBytes(2_000_000);
    const holder = await startHolder(content);
    const cardume = await startLyingIndex(() => ({ hits: [hitOf(holder, name)] }));
    const folder = join(await newFolder(), 'downloads');
    const { digest } = holder.manifest;
    // Of a name with folders only the last part is written, when that is safe.
    const lastPart = name.slice(name.lastIndexOf('/') + 1);
    if (['escaped', 'absolute'].includes(lastPart)) {
      const { path } = await cardume.get(digest, { folder });
      expect(path).toBe(join(folder, lastPart));
    } else {
      expect((await failureOf(() => cardume.get(digest, { folder }))).reason).toBe('UNSAFE_NAME');
      expect(holder.downloads).toHaveLength(0);
      expect(await readdir(root)).not.toContain('downloads');
    }
    const { path } = await cardume.get(digest, { folder, name: 'mine.bin' });
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(path).toBe(join(folder, 'mine.bin'));
  });

  test('about the digest gives no file', async () => {
    const holder = await startHolder(patternBytes(2_000_000));
    const digest = 'ab'.repeat(32);
    const cardume = await startLyingIndex(() => ({ hits: [{ ...hitOf(holder), digest }] }));
    const folder = await newFolder();
    expect((await failureOf(() => cardume.get('file.bin', { folder }))).reason).toBe('NO_HOLDER_LEFT');
    expect(await readdir(folder)).not.toContain('file.bin');
  });

  test.each([-1, 2 ** 44 + 1])('about the size, %d: the hit is passed over', async (sizeBytes) => {
    const holder = await startHolder(patternBytes(100));
    const cardume = await startLyingIndex(() => ({ hits: [{ ...hitOf(holder), sizeBytes }] }));
    expect((await cardume.index.search({ query: 'file' })).hits).toEqual([]);
  });

  test.each([99, 101, 0, 5_000_000])('about the size, %d instead of 100, gives no file', async (sizeBytes) => {
    const holder = await startHolder(patternBytes(100));
    const cardume = await startLyingIndex(() => ({ hits: [{ ...hitOf(holder), sizeBytes }] }));
    const folder = await newFolder();
    const failure = await failureOf(() => cardume.get('file.bin', { folder }));
    expect(['NO_HOLDER_LEFT', 'BYTES_MISMATCH']).toContain(failure.reason);
    expect(await readdir(folder)).not.toContain('file.bin');
  });

  test('about holders: those that cannot be are passed over, the honest one is used', async () => {
    const content = patternBytes(2_000_000);
    const holder = await startHolder(content);
    const nobody = ['', 'a b', 'http://x', '../..', 'unix:/tmp/x', '1.2.3.4:5', 'x'.repeat(300)];
    const impossible = [
      ...nobody.map((host) => ({ peerId: 'x', host, port: 1, reachable: true })),
      ...[0, -1, 65_536].map((port) => ({ peerId: 'x', host: '127.0.0.1', port, reachable: true })),
    ];
    const hit = { ...hitOf(holder), holders: [...impossible, { ...holder.holder, reachable: true }] };
    const cardume = await startLyingIndex(() => ({ hits: [hit] }));
    const folder = await newFolder();
    const result = await cardume.get('file.bin', { folder });
    expect(result.sources).toHaveLength(1);
    expect((await readFile(result.path)).equals(content)).toBe(true);
  });

  test('about the size of a file that an honest peer shares, too, does not keep it from being found', async () => {
    const content = patternBytes(2_000_000);
    const honest = await startHolder(content);
    const liar = { peerId: 'f'.repeat(64), host: '127.0.0.1', port: honest.holder.port, reachable: true };
    const lies = [0, 100, 1_999_999, 3_000_000].map((sizeBytes) => ({ ...hitOf(honest), sizeBytes, holders: [liar] }));
    for (const what of ['file.bin', honest.manifest.digest]) {
      const cardume = await startLyingIndex(() => ({ hits: [...lies, hitOf(honest)] }));
      const result = await cardume.get(what, { folder: await newFolder() });
      expect((await readFile(result.path)).equals(content)).toBe(true);
    }
  });

  test('with pages that lead nowhere is given up', async () => {
    const repeating = await startLyingIndex(() => ({ nextPageToken: 'again' }));
    let page = 0;
    const endless = await startLyingIndex(() => ({ nextPageToken: String(page++) }));
    for (const cardume of [repeating, endless]) {
      const failure = await failureOf(async () => {
        for await (const _ of cardume.index.searchAll({ query: 'x' }));
      });
      expect(failure).toMatchObject({ reason: 'LIMIT_REACHED' });
    }
  });

  test('with an answer of 5 MiB is refused with a clear error', async () => {
    const holder = await startHolder(patternBytes(100));
    const hits = Array.from({ length: 5_000 }, () => hitOf(holder, 'x'.repeat(1_000)));
    const cardume = await startLyingIndex(() => ({ hits }));
    expect((await failureOf(() => cardume.index.search({ query: 'x' }))).reason).toBe('LIMIT_REACHED');
  });

  test('that sends another file than was asked for is not believed', async () => {
    const holder = await startHolder(patternBytes(100));
    const cardume = await startLyingIndex(() => ({ hits: [hitOf(holder, 'other.bin')] }));
    expect((await failureOf(() => cardume.find('file.bin'))).reason).toBe('FILE_NOT_SHARED');
    expect((await failureOf(() => cardume.find('deadbeefdeadbeef'))).reason).toBe('FILE_NOT_SHARED');
  });
});
