import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress, type ListedFile, openIndex, type PeerClient } from '@cardume/client';
import { type RunningIndex, startIndex } from '@cardume/index';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import {
  collect,
  downloadBytes,
  manifestOf,
  patterned,
  sharedNames,
  type TestPeer,
  usePeers,
  writeFiles,
} from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();

async function foldersOf(client: PeerClient): Promise<Map<string, ListedFile>> {
  const all = await collect(client.listFiles({ folders: true }));
  return new Map(all.filter((file) => file.folder !== undefined).map((file) => [file.name, file]));
}

async function textOf(client: PeerClient, name: string): Promise<string> {
  return (await downloadBytes(client, { name })).toString();
}

const digestOf = (content: string | Buffer): string => manifestOf(Buffer.from(content)).digest;
const line = (name: string, content: string | Buffer, kind = 'file'): string =>
  `${kind} ${digestOf(content)} ${content.length} ${name}\n`;
const head = 'cardume-folder 1\n';

describe('a peer that shares one folder', () => {
  const share = join(folder, 'models');
  let running: TestPeer;
  let client: PeerClient;
  beforeAll(async () => {
    writeFiles(share, { 'b.txt': 'b', 'b/run.sh': '#!', 'b/c/d': 'd', 'b/c/e': 'd', é: 'é' });
    chmodSync(join(share, 'b/run.sh'), 0o755);
    mkdirSync(join(share, 'b/empty/inner'), { recursive: true });
    symlinkSync('/etc/passwd', join(share, 'b/link'));
    running = await startPeer({ paths: [share], rescanIntervalMs: 3_600_000 });
    client = running.client;
  });

  test('shares it and each folder in it as one thing, under the name of the folder', async () => {
    const folders = await foldersOf(client);
    expect([...folders.keys()]).toEqual(['models', 'models/b', 'models/b/c', 'models/b/empty', 'models/b/empty/inner']);
    expect(running.peer).toMatchObject({ fileCount: 5, folderCount: 5 });
    expect(folders.get('models')).toMatchObject({ folder: { fileCount: 5, totalSizeBytes: 7 }, partial: false });
    const manifest = [
      head,
      line('b.txt', 'b'),
      line('b/c/d', 'd'),
      line('b/c/e', 'd'),
      'empty b/empty/inner\n',
      line('b/run.sh', '#!', 'exec'),
      line('é', Buffer.from('é')),
    ].join('');
    expect(await textOf(client, 'models')).toBe(manifest);
    expect(folders.get('models')).toMatchObject({ sizeBytes: Buffer.byteLength(manifest), digest: digestOf(manifest) });
    expect(await textOf(client, 'models/b/c')).toBe(head + line('d', 'd') + line('e', 'd'));
    expect(await textOf(client, 'models/b/empty/')).toBe(`${head}empty inner\n`);
    expect(await textOf(client, 'models/b/empty/inner')).toBe(head);
  });

  test('lists no folder to who does not ask for them', async () => {
    expect(await sharedNames(client)).toEqual(['b.txt', 'b/c/d', 'b/c/e', 'b/run.sh', 'é']);
    const { nextPageToken } = await client.listFilesPage(1);
    const error = await failureOf(() => client.listFilesPage(1, nextPageToken, { folders: true }));
    expect(error.reason).toBe('PAGE_TOKEN_INVALID');
  });

  test('gives pages of files and folders together, each once', async () => {
    const all = await collect(client.listFiles({ folders: true }));
    const paged: string[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const page = await client.listFilesPage(2, token, { folders: true });
      paged.push(...page.files.map(({ name }) => name));
      token = page.nextPageToken;
    }
    expect(paged).toEqual(all.map(({ name }) => name));
    expect(paged).toHaveLength(10);
  });

  test('serves a manifest by its digest like a file: ranges, pieces, many in one call', async () => {
    const models = (await foldersOf(client)).get('models');
    const bytes = await downloadBytes(client, { name: 'models' });
    const digest = models?.digest ?? '';
    expect(await downloadBytes(client, { digest, offset: 5, limit: 20 })).toEqual(bytes.subarray(5, 25));
    expect(await client.manifest(digest, bytes.length, 1024 * 1024)).toMatchObject({ digest });
    expect(await client.describe({ digest })).toMatchObject({ name: 'models', folder: models?.folder });
    for await (const news of client.watchPieces(digest, bytes.length)) {
      expect(news).toMatchObject({ isState: true, complete: true });
      break;
    }
    expect((await failureOf(() => client.describe({ name: 'b.txt/' }))).reason).toBe('FILE_NOT_SHARED');
  });

  test('follows what changes in it: all folders that it is in change, and no others', async () => {
    const before = await foldersOf(client);
    const digestNow = async (name: string) => (await foldersOf(client)).get(name)?.digest;
    writeFileSync(join(share, 'b/empty/file'), 'new');
    await until('the folder to change', async () => (await digestNow('models/b')) !== before.get('models/b')?.digest);
    await until('the whole to change', async () => (await digestNow('models')) !== before.get('models')?.digest);
    expect(await textOf(client, 'models/b/empty')).toBe(`${head}${line('file', 'new')}empty inner\n`);
    expect(await digestNow('models/b/c')).toBe(before.get('models/b/c')?.digest);
    chmodSync(join(share, 'b/run.sh'), 0o644);
    await until('the executable to be none', async () =>
      (await textOf(client, 'models/b')).includes(line('run.sh', '#!')),
    );
    rmSync(join(share, 'b/c'), { recursive: true });
    await until('the folder to go', async () => !(await foldersOf(client)).has('models/b/c'));
    await until('its files to go', async () => !(await textOf(client, 'models')).includes('b/c'));
    const error = await failureOf(() => client.describe({ digest: before.get('models')?.digest ?? '' }));
    expect(error.reason).toBe('FILE_NOT_SHARED');
  });
});

test('folders of several have their own names, files go first where names are the same, and an empty one is shared', async () => {
  writeFiles(folder, { 'many/x/x': 'x', 'many/many': 'a file', 'other/y': 'y' });
  mkdirSync(join(folder, 'nothing'));
  const several = await startPeer({ paths: ['many', 'other', 'nothing'].map((name) => join(folder, name)) });
  expect([...(await foldersOf(several.client)).keys()]).toEqual(['many', 'many/x', 'nothing', 'other']);
  expect(await textOf(several.client, 'nothing')).toBe(head);
  const alone = await startPeer({ paths: [join(folder, 'many')] });
  expect([...(await foldersOf(alone.client)).keys()]).toEqual(['many/x']);
  expect(await textOf(alone.client, 'many')).toBe('a file');
  expect(await textOf(alone.client, 'many/')).toBe(head + line('many', 'a file') + line('x/x', 'x'));
});

test('a file and a folder that have one name are told of, and what they are in is not shared as one thing', async () => {
  writeFiles(join(folder, 'forms'), { 'in/\u00e9': 'a file', 'in/e\u0301/x': 'x', 'ok/y': 'y' });
  const { client, events } = await startPeer({ paths: [join(folder, 'forms')] });
  expect([...(await foldersOf(client)).keys()]).toEqual(['forms/in/é', 'forms/ok']);
  const skipped = events.filter((event) => event.type === 'skipped');
  expect(skipped.map(({ path }) => path).sort()).toEqual(['forms/', 'forms/in/']);
  expect(skipped[0]?.problem).toContain('"in/é" is both a file and a folder');
});

test('a folder with a long manifest is served in pieces, and one that is deep only as part of others', async () => {
  const names = Array.from({ length: 9_000 }, (_, at) => `${'long'.repeat(20)} ${at}`);
  writeFiles(join(folder, 'long'), Object.fromEntries(names.map((name) => [name, ''])));
  writeFiles(join(folder, 'long'), { [`${'d/'.repeat(17)}file`]: patterned(5) });
  const { client } = await startPeer({ paths: [join(folder, 'long')] });
  const folders = await foldersOf(client);
  expect(folders.size).toBe(17);
  const long = folders.get('long');
  expect(long?.folder).toEqual({ fileCount: 9_001, totalSizeBytes: 5 });
  const bytes = await downloadBytes(client, { digest: long?.digest ?? '' });
  expect(manifestOf(bytes).digest).toBe(long?.digest);
  const manifest = await client.manifest(long?.digest ?? '', bytes.length, 1024 * 1024);
  expect(manifest.pieceHashes.length).toBe(2 * 32);
});

describe('at an index', () => {
  let index: RunningIndex;
  beforeAll(async () => {
    index = await startIndex({ database: 'sqlite::memory:', logLevel: 'silent' });
  });
  afterAll(() => index.stop());

  test('folders are listed with the files, found by name and digest, and replaced when they change', async () => {
    const share = join(folder, 'photos');
    writeFiles(share, { 'a.jpg': 'a', 'trip/b.jpg': 'b' });
    const client = openIndex(index.address);
    try {
      await startPeer({ paths: [share], index: formatAddress(index.address) });
      const find = async (query: string) => (await client.search({ query, mode: 'exact', folders: true })).hits;
      const [photos] = await find('photos');
      expect(photos).toMatchObject({ name: 'photos', folder: { fileCount: 2, totalSizeBytes: 2 }, holderCount: 1 });
      expect(await find('trip')).toMatchObject([{ name: 'photos/trip', folder: { fileCount: 1 } }]);
      expect((await client.search({ query: '' })).hits.map(({ name }) => name)).toEqual(['a.jpg', 'trip/b.jpg']);
      expect(await collect(client.listPeers())).toMatchObject([{ fileCount: 2, folderCount: 2, totalSizeBytes: 2 }]);
      writeFileSync(join(share, 'trip/c.jpg'), 'c');
      await until('the folder to change', async () => (await find('photos'))[0]?.folder?.fileCount === 3);
      expect(await find('photos')).toHaveLength(1);
    } finally {
      client.close();
    }
  });
});
