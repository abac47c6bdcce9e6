import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningIndex, startIndex } from '@cardume/index';
import { type RunningPeer, startPeer } from '@cardume/peer';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { type Cardume, connect, formatAddress, hashFile } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';

const root = temporaryFolder();
const nodePath = process.execPath;
const longName = `${'a'.repeat(200)}/${'b'.repeat(200)}/${'c'.repeat(200)}/deep.txt`;
let index: RunningIndex;
let cardume: Cardume;
const peers: RunningPeer[] = [];
let downloads = 0;

async function share(name: string, files: Record<string, Buffer | string>): Promise<RunningPeer> {
  const folder = join(root, name);
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(folder, file, '..'), { recursive: true });
    await writeFile(join(folder, file), content);
  }
  const peer = await startPeer({
    paths: [folder],
    index: formatAddress(index.address),
    stateFolder: join(root, `${name}-state`),
    logLevel: 'silent',
  });
  peers.push(peer);
  return peer;
}

function newFolder(): string {
  return join(root, `downloads-${downloads++}`);
}

const shared = patternBytes(3_500_000, 7);

beforeAll(async () => {
  index = await startIndex({ listen: '127.0.0.1:0', logLevel: 'silent' });
  cardume = connect({ index: formatAddress(index.address) });
  await share('one', {
    'docs/readme.md': 'the first',
    'both.bin': shared,
    'caf\u0065\u0301.txt': 'written in NFD',
    deadbeef: 'a name that looks like a digest',
    '🐟 with spaces.txt': 'fish',
    empty: '',
    [longName]: 'deep',
  });
  await share('two', { 'other/readme.md': 'the second', 'copy/both.bin': shared, readme: 'the third' });
  await copyFile(nodePath, join(root, 'one', 'node'));
  await until('the Node executable to be listed', async () => {
    const { hits } = await cardume.index.search({ query: 'node', mode: 'exact' });
    return hits.length === 1;
  });
});

afterAll(async () => {
  cardume.close();
  for (const peer of peers) await peer.stop(0);
  await index.stop(0);
});

describe('find', () => {
  test('takes the whole name, the last part, and 8 or more digits of the digest', async () => {
    const hit = await cardume.find('docs/readme.md');
    expect(hit).toMatchObject({ name: 'docs/readme.md', sizeBytes: 9, holderCount: 1 });
    expect((await cardume.find('readme')).name).toBe('readme');
    expect((await cardume.find(hit.digest)).name).toBe('docs/readme.md');
    expect((await cardume.find(hit.digest.slice(0, 8).toUpperCase())).name).toBe('docs/readme.md');
  });

  test('takes a name that is longer than a query', async () => {
    expect((await cardume.find(longName)).name).toBe(longName);
  });

  test('takes a name that looks like a digest for a name', async () => {
    expect((await cardume.find('deadbeef')).name).toBe('deadbeef');
  });

  test('finds a name in whichever Unicode form it is given', async () => {
    for (const form of ['NFC', 'NFD']) {
      expect((await cardume.find('café.txt'.normalize(form))).name).toBe('café.txt'.normalize('NFC'));
    }
  });

  test('says which files a name that is several of them means', async () => {
    const failure = await failureOf(() => cardume.find('readme.md'));
    expect(failure.reason).toBe('AMBIGUOUS');
    expect(failure.message).toContain('docs/readme.md');
    expect(failure.message).toContain('other/readme.md');
  });

  test('takes one content under two names for one file, with the holders of both', async () => {
    const hit = await cardume.find('both.bin');
    expect(hit.name).toBe('both.bin');
    expect(new Set(hit.holders.map(({ port }) => port))).toEqual(new Set(peers.map(({ address }) => address.port)));
  });

  test('says so when nobody shares it', async () => {
    expect(await failureOf(() => cardume.find('nothing'))).toMatchObject({
      reason: 'FILE_NOT_SHARED',
      code: 'NOT_FOUND',
    });
  });
});

describe('get', () => {
  test('brings a real file of over 100 MB, the very one', async () => {
    const folder = newFolder();
    const result = await cardume.get('node', { folder });
    const [mine, theirs] = await Promise.all([hashFile(result.path), hashFile(nodePath)]);
    expect(mine).toEqual(theirs);
    expect(result.digest).toBe(mine.digest);
    expect((await readFile(result.path)).equals(await readFile(nodePath))).toBe(true);
  });

  test.each(['🐟 with spaces.txt', 'empty', 'café.txt'])('brings %s under its own name', async (name) => {
    const folder = newFolder();
    const { path } = await cardume.get(name, { folder });
    expect(path).toBe(join(folder, name.normalize('NFC')));
    expect(await readdir(folder)).toEqual([name.normalize('NFC')]);
  });

  test('asks one peer only when told so, and no index', async () => {
    const [first] = peers;
    if (first === undefined) throw new Error('no peer');
    const alone = connect({ index: { host: '127.0.0.1', port: 1 } });
    const folder = newFolder();
    const result = await alone.get('both.bin', { folder, from: first.address });
    expect((await readFile(result.path)).equals(shared)).toBe(true);
    expect(result.sources.map(({ address }) => address)).toEqual([first.address]);
    expect((await failureOf(() => alone.get('copy/both.bin', { folder, from: first.address }))).reason).toBe(
      'FILE_NOT_SHARED',
    );
    alone.close();
  });

  test('is told that a file was deleted, and gets it from the other holder', async () => {
    const hit = await cardume.find('both.bin');
    await rm(join(root, 'one', 'both.bin'));
    const result = await cardume.get(hit.digest, { folder: newFolder() });
    expect((await readFile(result.path)).equals(shared)).toBe(true);
  });

  test('waits for its turn at a holder that is busy', async () => {
    const content = patternBytes(6_000_000, 4);
    const folder = join(root, 'busy');
    await mkdir(folder);
    await writeFile(join(folder, 'wanted.bin'), content);
    const peer = await startPeer({
      paths: [folder],
      index: formatAddress(index.address),
      stateFolder: join(root, 'busy-state'),
      logLevel: 'silent',
      maxDownloadsPerCaller: 1,
      maxUploadBytesPerSecond: 20_000_000,
    });
    peers.push(peer);
    const results = await Promise.all(
      Array.from({ length: 6 }, () => cardume.get('wanted.bin', { folder: newFolder() })),
    );
    for (const { path } of results) expect((await readFile(path)).equals(content)).toBe(true);
  });

  test('goes to the other holder when one has gone and the index does not know yet', async () => {
    const late = await share('three', { 'late.bin': patternBytes(2_500_000, 3) });
    await share('four', { 'late.bin': patternBytes(2_500_000, 3) });
    const hit = await cardume.find('late.bin');
    expect(hit.holderCount).toBe(2);
    await late.stop(0);
    const result = await cardume.get('late.bin', { folder: newFolder() });
    expect((await readFile(result.path)).equals(patternBytes(2_500_000, 3))).toBe(true);
  });
});
