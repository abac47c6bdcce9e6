import { chmod, link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type RunningIndex, startIndex } from '@cardume/index';
import { type PeerEvent, type RunningPeer, startPeer } from '@cardume/peer';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { type FolderEntry, folderManifest } from '../src/folders.ts';
import {
  type Cardume,
  connect,
  DigestBuilder,
  type DownloadProgress,
  emptyFileDigest,
  formatAddress,
  type GetOptions,
  usualPieceLength,
} from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';
import { startScriptedHolder } from './support/scripted-holder.ts';

const root = temporaryFolder();
const mib = 1024 * 1024;

type Tree = Record<string, Buffer>;

/** Some of everything: small and large, empty, the same content several times, deep, and other scripts. */
const tree: Tree = {
  'a.txt': Buffer.from('a'),
  'a/b/c/deep': patternBytes(70_000, 1),
  'big.bin': patternBytes(3 * mib + 17, 2),
  'copies/big.bin': patternBytes(3 * mib + 17, 2),
  'copies/1': patternBytes(10_240, 3),
  'copies/2': patternBytes(10_240, 3),
  empty: Buffer.alloc(0),
  'empty too': Buffer.alloc(0),
  'run.sh': Buffer.from('#!/bin/sh\n'),
  '日本語/é': Buffer.from('text'),
  ...Object.fromEntries(Array.from({ length: 700 }, (_, at) => [`many/${at}`, patternBytes(100 + at, at)])),
};
const totalBytes = Object.values(tree).reduce((sum, { length }) => sum + length, 0);
const contents = new Map(Object.values(tree).map((bytes) => [bytes.toString('base64'), bytes.length]));
const distinctBytes = [...contents.values()].reduce((sum, length) => sum + length, 0);

let index: RunningIndex;
let peer: RunningPeer;
let cardume: Cardume;
let downloads = 0;
const events: PeerEvent[] = [];
const peers: RunningPeer[] = [];

const newFolder = (): string => join(root, `downloads-${downloads++}`);

async function writeTree(folder: string, files: Tree): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

async function share(name: string, files: Tree, onEvent?: (event: PeerEvent) => void): Promise<RunningPeer> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  await writeTree(folder, files);
  const options = { index: formatAddress(index.address), logLevel: 'silent', ...(onEvent && { onEvent }) } as const;
  const started = await startPeer({ paths: [folder], ...options });
  peers.push(started);
  return started;
}

/** All files below a folder, with their bytes; a folder that has nothing in it is null. */
async function readTree(folder: string): Promise<Record<string, Buffer | null>> {
  const found: Record<string, Buffer | null> = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) found[entry.name] = await readFile(path);
    else if (entry.isSymbolicLink()) found[`${entry.name} ->`] = null;
    else {
      const inner = Object.entries(await readTree(path));
      for (const [name, bytes] of inner) found[`${entry.name}/${name}`] = bytes;
      if (inner.length === 0) found[entry.name] = null;
    }
  }
  return found;
}

async function expectTree(folder: string, files: Record<string, Buffer | null>): Promise<void> {
  const found = await readTree(folder);
  expect(Object.keys(found).sort()).toEqual(Object.keys(files).sort());
  for (const [name, bytes] of Object.entries(files)) {
    expect([name, bytes === null ? found[name] === null : found[name]?.equals(bytes)]).toEqual([name, true]);
  }
}

const servedBytes = (): number => events.reduce((sum, event) => sum + (event.type === 'served' ? event.bytes : 0), 0);
/** The same, when nothing more is told: a peer says what it served a moment after the caller has it. */
async function settledBytes(): Promise<number> {
  for (let bytes = servedBytes(); ; bytes = servedBytes()) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (servedBytes() === bytes) return bytes;
  }
}
const digestOf = (bytes: Buffer): string => {
  const builder = new DigestBuilder(usualPieceLength(bytes.length));
  builder.update(bytes);
  return builder.finish().digest;
};

beforeAll(async () => {
  index = await startIndex({ listen: '127.0.0.1:0', database: 'sqlite::memory:', logLevel: 'silent' });
  await mkdir(join(root, 'data/hollow/inner'), { recursive: true });
  await writeTree(join(root, 'data'), { 'run.sh': Buffer.from('#!/bin/sh\n') });
  await chmod(join(root, 'data/run.sh'), 0o755);
  peer = await share('data', tree, (event) => events.push(event));
  cardume = connect({ index: formatAddress(index.address) });
});

afterAll(async () => {
  cardume.close();
  await Promise.all(peers.map((one) => one.stop(0)));
  await index.stop(0);
});

const whole = { ...tree, 'hollow/inner': null };

describe('a folder', () => {
  test.each(['the index', 'a peer'])('comes from %s with all that is in it, equal files once', async (whom) => {
    const folder = newFolder();
    const told: DownloadProgress[] = [];
    const options: GetOptions = { folder, onProgress: (progress) => told.push(progress) };
    const result = await cardume.get('data', whom === 'a peer' ? { ...options, from: peer.address } : options);
    await expectTree(join(folder, 'data'), whole);
    const fileCount = Object.keys(tree).length;
    expect(result).toMatchObject({
      path: join(folder, 'data'),
      name: 'data',
      sizeBytes: totalBytes,
      alreadyPresent: false,
    });
    expect(result.folder).toEqual({ fileCount, unchangedCount: 0, copiedCount: 2, fetchedCount: fileCount - 2 });
    expect(result).toMatchObject({ receivedBytes: distinctBytes, resumedBytes: 0 });
    expect(result.sources).toMatchObject([{ peerId: peer.peerId, verifiedBytes: distinctBytes }]);
    expect((await stat(join(folder, 'data/run.sh'))).mode & 0o111).toBe(0o111);
    expect((await stat(join(folder, 'data/a.txt'))).mode & 0o111).toBe(0);
    expect(told.at(-1)).toMatchObject({
      name: 'data/',
      phase: 'finishing',
      verifiedBytes: totalBytes,
      folder: { fileCount, doneCount: fileCount },
    });
    const sums = told.map(({ verifiedBytes }) => verifiedBytes);
    expect(sums).toEqual(sums.toSorted((a, b) => a - b));
  });

  test.each<[string, (digest: string) => string]>([
    ['its digest', (digest) => digest],
    ['the beginning of its digest', (digest) => digest.slice(0, 12)],
    ['its name with a slash', () => 'data/a/'],
    ['the last part of its name', () => 'b'],
  ])('that is in another one comes by %s', async (_what, nameOf) => {
    const wanted = nameOf((await cardume.find('data/a')).digest);
    const { path } = await cardume.get(wanted, { folder: newFolder(), name: 'here' });
    expect(Object.keys(await readTree(path))).toEqual([wanted === 'b' ? 'c/deep' : 'b/c/deep']);
  });

  test('that has nothing in it is made', async () => {
    const { path, folder, sizeBytes } = await cardume.get('data/hollow/inner', { folder: newFolder() });
    expect([await readdir(path), sizeBytes, folder?.fileCount]).toEqual([[], 0, 0]);
  });

  test('comes with other names in one call', async () => {
    const folder = newFolder();
    const names = [];
    for await (const { result } of cardume.getAll(['a.txt', 'data/a', 'data/hollow/'], { folder }))
      names.push(result?.name);
    expect(names.sort()).toEqual(['a', 'a.txt', 'hollow']);
    await expectTree(folder, {
      'a.txt': Buffer.from('a'),
      'a/b/c/deep': patternBytes(70_000, 1),
      'hollow/inner': null,
    });
  });

  test('that is there is not fetched again, nor is what is there of it, also with parts of files', async () => {
    const folder = newFolder();
    await cardume.get('data', { folder });
    const manifestBytes = (await cardume.find('data')).sizeBytes;
    let before = await settledBytes();
    const again = await cardume.get('data', { folder });
    expect(again).toMatchObject({
      alreadyPresent: true,
      receivedBytes: 0,
      folder: { unchangedCount: Object.keys(tree).length },
    });
    expect((await settledBytes()) - before).toBe(manifestBytes);

    for (const name of ['many/7', 'a/b/c/deep', 'copies/2', 'hollow/inner', 'empty'])
      await rm(join(folder, 'data', name), { recursive: true });
    await writeFile(join(folder, 'data', 'many/7.cardume-part'), 'what a kill has left');
    // It was killed between giving the part the file's name, and taking its own away.
    await link(join(folder, 'data', 'many/9'), join(folder, 'data', 'many/9.cardume-part'));
    before = await settledBytes();
    // What stands in the way of the quick way is fetched by the long one.
    const rest = await cardume.get('data', { folder });
    expect(rest.folder).toMatchObject({ copiedCount: 1, fetchedCount: 3 });
    expect((await settledBytes()) - before).toBe(manifestBytes + 107 + 70_000);
    await expectTree(join(folder, 'data'), whole);
  });

  test('of which files have other content is left alone, or gets back those', async () => {
    const folder = newFolder();
    await cardume.get('data', { folder });
    const mine = {
      'many/7': Buffer.from('mine'),
      'big.bin': patternBytes(3 * mib + 17, 5),
      empty: Buffer.from('not'),
      'my own': Buffer.from('x'),
    };
    await writeTree(join(folder, 'data'), mine);
    await rm(join(folder, 'data/many/8'));
    const error = await failureOf(() => cardume.get('data', { folder }));
    expect(error).toMatchObject({ reason: 'TARGET_EXISTS', metadata: { changed_count: '3' } });
    for (const name of ['big.bin', 'empty', 'many/7']) expect(error.message).toContain(`  ${name}`);
    const others = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== 'many/8'));
    await expectTree(join(folder, 'data'), { ...others, ...mine });
    const before = await settledBytes();
    const { folder: counts } = await cardume.get('data', { folder, overwrite: true });
    expect(counts).toMatchObject({ fetchedCount: 2 + 1, copiedCount: 1 });
    expect((await settledBytes()) - before).toBeLessThan(mib);
    await expectTree(join(folder, 'data'), { ...whole, 'my own': Buffer.from('x') });
  });

  test('whose download is cancelled goes on from what is there', async () => {
    const folder = newFolder();
    const caller = new AbortController();
    const onProgress = ({ folder: counts }: DownloadProgress): void => {
      if ((counts?.doneCount ?? 0) > 100) caller.abort();
    };
    const options = { folder, maxBytesPerSecond: 2_000_000, signal: caller.signal, onProgress };
    expect((await failureOf(() => cardume.get('data', options))).reason).toBe('CANCELLED');
    const { folder: counts } = await cardume.get('data', { folder });
    expect(counts?.unchangedCount).toBeGreaterThan(100);
    await expectTree(join(folder, 'data'), whole);
  });

  test('is not begun when its reader fails, and the failure is told', async () => {
    const onProgress = (): void => {
      throw new Error('the display broke');
    };
    await expect(cardume.get('data', { folder: newFolder(), onProgress })).rejects.toThrow('the display broke');
  });
});

describe('what is in the way of a folder', () => {
  const blocked: [string, (path: string) => Promise<unknown>, RegExp][] = [
    ['a link in the place of the folder', (path) => symlink(root, path), /data is a symbolic link/],
    ['a file in its place', (path) => writeFile(path, ''), /data is no folder/],
    [
      'a link out of it',
      (path) => mkdir(path).then(() => symlink(root, join(path, 'many'))),
      /many is a symbolic link/,
    ],
    [
      'a link within it',
      (path) => mkdir(join(path, 'x'), { recursive: true }).then(() => symlink('x', join(path, 'a'))),
      /a is a symbolic link/,
    ],
    [
      'a link in the place of a file',
      (path) => mkdir(path).then(() => symlink('/etc/passwd', join(path, 'a.txt'))),
      /a.txt is a symbolic link/,
    ],
    [
      'a file in the place of a folder',
      (path) => mkdir(path).then(() => writeFile(join(path, 'many'), 'mine')),
      /many is no folder/,
    ],
    ['a folder in the place of a file', (path) => mkdir(join(path, 'a.txt'), { recursive: true }), /a.txt is a folder/],
  ];
  test.each(blocked)('%s refuses it, and nothing is written', async (_what, block, message) => {
    const folder = newFolder();
    await mkdir(folder);
    await block(join(folder, 'data'));
    const before = await readTree(folder);
    for (const overwrite of [false, true]) {
      const error = await failureOf(() => cardume.get('data', { folder, overwrite }));
      expect(error).toMatchObject({ reason: 'FOLDER_REFUSED' });
      expect(error.message).toMatch(message);
    }
    expect(await readTree(folder)).toEqual(before);
  });
});

describe('names', () => {
  test('that a file and a folder have are ambiguous, unless a slash says which', async () => {
    await share('both', { 'twin/both': Buffer.from('a file'), 'x/twin': Buffer.from('another') });
    const error = await failureOf(() => cardume.get('twin', { folder: newFolder() }));
    expect(error).toMatchObject({ reason: 'AMBIGUOUS' });
    expect(error.message).toMatch(/both a file and a folder; name the folder as "twin\/", or one by its digest/);
    expect((await cardume.get('twin/', { folder: newFolder() })).folder?.fileCount).toBe(1);
    expect((await cardume.get('both', { folder: newFolder() })).folder?.fileCount).toBe(2);
    expect((await failureOf(() => cardume.get('deep/', { folder: newFolder() }))).reason).toBe('FILE_NOT_SHARED');
    expect((await failureOf(() => cardume.find('run.sh/'))).reason).toBe('FILE_NOT_SHARED');
  });
});

describe('a folder that somebody made up', () => {
  const digest = digestOf(patternBytes(9, 77));
  const file = (name: string, bytes = patternBytes(9, 77)): FolderEntry & { kind: 'file' } => {
    return { kind: 'file', name, sizeBytes: bytes.length, digest: digestOf(bytes), executable: false };
  };
  const documents = {
    out: Buffer.from(`cardume-folder 1\nfile ${digest} 9 ../out\n`),
    absolute: Buffer.from(`cardume-folder 1\nfile ${digest} 9 /out\n`),
    twice: Buffer.from(`cardume-folder 1\nfile ${digest} 9 a\nfile ${digest} 9 a\n`),
    both: Buffer.from(`cardume-folder 1\nfile ${digest} 9 a\nfile ${digest} 9 a/b\n`),
    part: Buffer.from(`cardume-folder 1\nfile ${digest} 9 a\nfile ${digest} 9 a.cardume-part\n`),
    unordered: Buffer.from(`cardume-folder 1\nfile ${digest} 9 b\nfile ${digest} 9 a\n`),
    noise: Buffer.from('some other file'),
    nothing: Buffer.alloc(0),
  };
  const partly = folderManifest([
    file('here'),
    file('elsewhere', patternBytes(50_000, 78)),
    file('large', patternBytes(2 * mib, 79)),
  ]);
  const nowhere = folderManifest([file('here'), file('missing', patternBytes(99, 80))]);
  const entryOf = (name: string, bytes: Buffer, more = {}) => {
    const folder = { fileCount: 1, totalSizeBytes: 9 };
    return { name, digest: digestOf(bytes), sizeBytes: bytes.length, modifyTime: undefined, folder, ...more };
  };

  const reportsOf = async (peerId: string): Promise<number | undefined> => {
    for await (const peerSeen of cardume.index.listPeers()) if (peerSeen.peerId === peerId) return peerSeen.reportCount;
    return undefined;
  };

  /** One peer has the documents as files, and says that they are folders. */
  beforeAll(async () => {
    const files = Object.entries({ ...documents, partly, nowhere }).map(([name, bytes]) => [`${name}.txt`, bytes]);
    const holder = await share('documents', { ...Object.fromEntries(files), here: patternBytes(9, 77) });
    await share('others', { 'some file': patternBytes(50_000, 78), 'some large file': patternBytes(2 * mib, 79) });
    const lie = entryOf('liar', patternBytes(500, 81), { digest: digestOf(documents.noise) });
    const made = Object.entries({ ...documents, partly, nowhere }).map(([name, bytes]) =>
      entryOf(`made up ${name}`, bytes),
    );
    const unknown = entryOf('unknown', patternBytes(500, 82));
    const { host, port } = holder.address;
    await cardume.index.join({ host, port, shareName: '', files: [...made, lie, unknown] });
  });

  test.each(Object.keys(documents))('as "%s" is refused, and nothing is written', async (name) => {
    const folder = newFolder();
    const error = await failureOf(() => cardume.get(`made up ${name}/`, { folder, overwrite: true }));
    expect(error).toMatchObject({ reason: 'FOLDER_REFUSED' });
    expect(await readdir(root)).not.toContain(folder.slice(root.length + 1));
  });

  test('with another manifest than its digest says is not believed', async () => {
    const folder = newFolder();
    for (const [name, message] of [
      ['liar', /another manifest/],
      ['unknown', /does not share|shares no/],
    ] as const) {
      const error = await failureOf(() => cardume.get(name, { folder }));
      expect(error).toMatchObject({ reason: 'NO_HOLDER_LEFT' });
      expect(error.message).toMatch(message);
    }
    expect(await readdir(root)).not.toContain(folder.slice(root.length + 1));
  });

  test('whose holder lies about its manifest is not had, and the holder is reported', async () => {
    const manifest = Buffer.from(folderManifest([file('here')]));
    const liar = await startScriptedHolder(manifest, { chunk: (chunk) => chunk.fill(0) });
    const entry = entryOf('lied about', manifest);
    const { host, port } = liar.holder;
    const { peerId } = await cardume.index.join({ host, port, shareName: '', files: [entry] });
    const failure = await failureOf(() => cardume.get('lied about/', { folder: newFolder(), holderWaitMs: 100 }));
    expect(failure).toMatchObject({ reason: 'NO_HOLDER_LEFT' });
    await until('the report to be there', async () => (await reportsOf(peerId)) === 1);
    await liar.stop();
  });

  test('whose holder comes back is waited for', async () => {
    const manifest = Buffer.from(folderManifest([file('here')]));
    const back = await startScriptedHolder(manifest);
    const { host, port } = back.holder;
    const away = await startScriptedHolder(manifest);
    await away.stop();
    const entry = entryOf('away', manifest);
    await cardume.index.join({ host, port: away.holder.port, shareName: '', files: [entry] });
    const phases: string[] = [];
    const got = cardume.get('away/', {
      folder: newFolder(),
      onProgress({ phase }) {
        if (phase === 'waiting' && !phases.includes(phase)) {
          cardume.index.join({ host, port, shareName: '', files: [entry] }).catch(() => undefined);
        }
        phases.push(phase);
      },
    });
    expect((await got).folder).toMatchObject({ fileCount: 1, fetchedCount: 1 });
    expect(phases).toContain('waiting');
    await back.stop();
  });

  test('gets what its holder lacks from whoever has it', async () => {
    const { path, sources, folder } = await cardume.get('made up partly', { folder: newFolder() });
    await expectTree(path, {
      here: patternBytes(9, 77),
      elsewhere: patternBytes(50_000, 78),
      large: patternBytes(2 * mib, 79),
    });
    expect(folder).toMatchObject({ fetchedCount: 3 });
    expect(sources.filter(({ verifiedBytes }) => verifiedBytes > 0)).toHaveLength(2);
  });

  test('of which nobody has a file comes but for that one, and says so', async () => {
    const folder = newFolder();
    const error = await failureOf(() => cardume.get('made up nowhere', { folder }));
    expect(error).toMatchObject({ reason: 'NO_HOLDER_LEFT', metadata: { missing_count: '1' } });
    expect(error.message).toMatch(/1 of 2 files could not be had.*missing/s);
    await expectTree(join(folder, 'made up nowhere'), { here: patternBytes(9, 77) });
  });

  test('and has the digest of nothing is told from an empty file', () => {
    expect(digestOf(documents.nothing)).toBe(emptyFileDigest);
  });
});
