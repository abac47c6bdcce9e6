// What is on this machine is copied, and nothing that is said of it is believed.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ServerError, Status } from 'nice-grpc';
import { newFolders } from '../../../tests/support/new-folders.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { type CopyCatalogue, openCopies } from '../src/adapters/copies/open-copies.ts';
import {
  type CardumeError,
  type DownloadFileInit,
  type DownloadProgress,
  type DownloadResult,
  downloadFile,
  type LocalCopies,
  type LocalCopy,
} from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';
import type { ScriptedHolder } from './support/scripted-holder.ts';
import { testHolders } from './support/test-holders.ts';

const mib = 1024 * 1024;
const root = temporaryFolder();
const ends: (() => unknown)[] = [];
const newFolder = newFolders(root);
const start = testHolders();

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function open(folder: string, onProblem?: (error: CardumeError) => void): Promise<CopyCatalogue> {
  const copies = await openCopies({ folder, onProblem });
  ends.push(() => copies.close());
  return copies;
}

function download(
  { holder, manifest }: ScriptedHolder,
  folder: string,
  change: Partial<DownloadFileInit>,
): Promise<DownloadResult> {
  const { digest, sizeBytes } = manifest;
  const holders = async () => [holder];
  return downloadFile({ digest, sizeBytes, folder, name: 'file.bin', holders, holderWaitMs: 2_000, ...change });
}

/** What is to be noted of a file as it is now. */
async function copyAt(path: string, { manifest }: ScriptedHolder): Promise<LocalCopy> {
  const { digest, sizeBytes } = manifest;
  const { mtimeNs } = await stat(path, { bigint: true });
  return { digest, sizeBytes, path, kind: 'file', modifyTimeMs: Number(mtimeNs / 1_000_000n) };
}

const isThere = async (folder: string, content: Buffer): Promise<boolean> =>
  (await readFile(join(folder, 'file.bin'))).equals(content);

describe('a whole copy on this machine', () => {
  test.each([64 * 1024, mib, 5 * mib + 12_345])(
    'of %d bytes is copied and verified, and nobody is asked for anything',
    async (sizeBytes) => {
      const content = patternBytes(sizeBytes);
      const holder = await start(content);
      const [folder, elsewhere] = [await newFolder(), await newFolder()];
      const copies = await open(await newFolder());
      const path = join(elsewhere, 'other name');
      await writeFile(path, content);
      await chmod(path, 0o700);
      await copies.note([await copyAt(path, holder)]);
      const seen: DownloadProgress[] = [];
      const result = await download(holder, folder, { copies, onProgress: (progress) => seen.push(progress) });
      expect(result).toMatchObject({
        copiedBytes: sizeBytes,
        receivedBytes: 0,
        resumedBytes: 0,
        alreadyPresent: false,
      });
      expect([holder.downloads.length, holder.manifestRequests]).toEqual([0, 0]);
      expect(await isThere(folder, content)).toBe(true);
      expect(await readdir(folder)).toEqual(['file.bin']);
      // It is a file of its own, with a mode of its own.
      expect((await stat(join(folder, 'file.bin'))).mode & 0o111).toBe(0);
      expect((await stat(path)).ino).not.toBe((await stat(join(folder, 'file.bin'))).ino);
      expect(seen.map(({ phase }) => phase)).toContain('copying');
      const known = await copies.find(holder.manifest.digest);
      expect(known.map((each) => each.path)).toEqual([join(folder, 'file.bin'), path]);
    },
  );

  test('is not looked for when the file is smaller, or nobody knows of copies', async () => {
    const small = patternBytes(64 * 1024 - 1);
    const holder = await start(small);
    const copies: LocalCopies = {
      find: async () => Promise.reject(new Error('asked')),
      note: async () => Promise.reject(new Error('told')),
      forget: async () => Promise.reject(new Error('told')),
    };
    expect(await download(holder, await newFolder(), { copies })).toMatchObject({ copiedBytes: 0 });
    expect(await download(holder, await newFolder(), {})).toMatchObject({ copiedBytes: 0 });
  });

  test('that was written to since is not used, and forgotten', async () => {
    const content = patternBytes(3 * mib);
    const holder = await start(content);
    const folder = await newFolder();
    const copies = await open(await newFolder());
    const path = join(await newFolder(), 'file');
    await writeFile(path, content);
    const copy = await copyAt(path, holder);
    await copies.note([copy]);
    await utimes(path, new Date(0), new Date(copy.modifyTimeMs + 1_000));
    expect(await download(holder, folder, { copies })).toMatchObject({ copiedBytes: 0, receivedBytes: 3 * mib });
    expect(await isThere(folder, content)).toBe(true);
    const known = await copies.find(holder.manifest.digest);
    expect(known.map((each) => each.path)).toEqual([join(folder, 'file.bin')]);
  });

  test('that has wrong bytes under its old time is found out, and forgotten', async () => {
    const content = patternBytes(4 * mib);
    const holder = await start(content);
    const folder = await newFolder();
    const copies = await open(await newFolder());
    const changed = Buffer.from(content);
    changed[2 * mib + 5] = (changed[2 * mib + 5] ?? 0) ^ 1;
    const path = join(await newFolder(), 'file');
    await writeFile(path, changed);
    const lie = await copyAt(path, holder);
    await copies.note([lie]);
    expect(await download(holder, folder, { copies })).toMatchObject({ copiedBytes: 0, receivedBytes: 4 * mib });
    expect(await isThere(folder, content)).toBe(true);
    expect((await copies.find(lie.digest)).map((each) => each.path)).not.toContain(path);
  });
});

describe('a catalogue that lies', () => {
  const content = patternBytes(2 * mib + 7);
  const other = patternBytes(2 * mib + 7, 99);

  test.each<[string, (path: string) => unknown]>([
    ['another file', (path) => writeFile(path, other)],
    ['a file that would take hours to hash', (path) => writeFile(path, '').then(() => truncate(path, 2 ** 42))],
    ['a shorter file', (path) => writeFile(path, content.subarray(1))],
    [
      'a link to the very content',
      (path) => writeFile(`${path}-real`, content).then(() => symlink(`${path}-real`, path)),
    ],
    ['a folder', (path) => mkdir(path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a device', (path) => symlink('/dev/zero', path)],
    ['nothing', () => undefined],
    ['a hole of the same length', (path) => writeFile(path, '').then(() => truncate(path, content.length))],
  ])('of %s costs nothing but a look', async (_, make) => {
    const holder = await start(content);
    const folder = await newFolder();
    const copies = await open(await newFolder());
    const path = join(await newFolder(), 'file');
    await make(path);
    const { mtimeNs } = await stat(path, { bigint: true }).catch(() => ({ mtimeNs: 0n }));
    const { digest, sizeBytes } = holder.manifest;
    const lie = { digest, sizeBytes, path, modifyTimeMs: Number(mtimeNs / 1_000_000n) };
    for (const kind of ['file', 'part'] as const) {
      await copies.note([{ ...lie, kind }]);
      const result = await download(holder, folder, { copies });
      expect(result).toMatchObject({ copiedBytes: 0, receivedBytes: sizeBytes });
      expect(await isThere(folder, content)).toBe(true);
      await copies.forget([join(folder, 'file.bin')]);
      await rm(join(folder, 'file.bin'));
    }
  });

  test.each(['', 'relative/path', '/nowhere\0', '/dev/zero'])('of %j neither', async (path) => {
    const holder = await start(content);
    const { digest, sizeBytes } = holder.manifest;
    const find = async (): Promise<LocalCopy[]> => [{ digest, sizeBytes, path, kind: 'file', modifyTimeMs: 0 }];
    const copies = { find, note: async () => {}, forget: async () => {} };
    const folder = await newFolder();
    expect(await download(holder, folder, { copies })).toMatchObject({ copiedBytes: 0, receivedBytes: sizeBytes });
  });

  test('or fails at everything does not fail a download', async () => {
    const holder = await start(content);
    const fail = (): never => {
      throw new Error('no');
    };
    const folder = await newFolder();
    const result = await download(holder, folder, { copies: { find: fail, note: fail, forget: fail } });
    expect(result).toMatchObject({ copiedBytes: 0, receivedBytes: content.length });
  });
});

describe('another download that was stopped', () => {
  const content = patternBytes(8 * mib);

  /** Leaves a part with some of the pieces, and gives its folder. */
  async function leavePart(copies: CopyCatalogue): Promise<string> {
    const holder = await start(content, {
      chunk: async (chunk, at) => (at >= 5 * mib ? Promise.reject(new ServerError(Status.UNAVAILABLE, 'gone')) : chunk),
    });
    const folder = await newFolder();
    await expect(download(holder, folder, { copies, holderWaitMs: 0, random: () => 0 })).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['file.bin.cardume-journal', 'file.bin.cardume-part']);
    return folder;
  }

  test('gives what it has, and only the rest is fetched', async () => {
    const copies = await open(await newFolder());
    await leavePart(copies);
    const [holder, folder] = [await start(content), await newFolder()];
    const { copiedBytes, receivedBytes } = await download(holder, folder, { copies });
    expect(copiedBytes).toBeGreaterThan(0);
    expect(receivedBytes).toBe(content.length - copiedBytes);
    expect(await isThere(folder, content)).toBe(true);
  });

  test('is not believed what its journal says', async () => {
    const copies = await open(await newFolder());
    const left = await leavePart(copies);
    await writeFile(join(left, 'file.bin.cardume-part'), patternBytes(content.length, 5));
    const [holder, folder] = [await start(content), await newFolder()];
    const result = await download(holder, folder, { copies });
    expect(result).toMatchObject({ copiedBytes: 0, receivedBytes: content.length });
    expect(await isThere(folder, content)).toBe(true);
  });

  test('is gone on with in its own place, where it is no copy', async () => {
    const copies = await open(await newFolder());
    const left = await leavePart(copies);
    const holder = await start(content);
    const { copiedBytes, resumedBytes, receivedBytes } = await download(holder, left, { copies });
    expect(copiedBytes).toBe(0);
    expect(resumedBytes + receivedBytes).toBe(content.length);
    expect(await isThere(left, content)).toBe(true);
  });

  test('and a whole copy give it all', async () => {
    const copies = await open(await newFolder());
    const left = await leavePart(copies);
    const holder = await start(content);
    const path = join(await newFolder(), 'whole');
    await writeFile(path, content);
    await copies.note([await copyAt(path, holder)]);
    const { copiedBytes, resumedBytes, receivedBytes } = await download(holder, left, { copies });
    expect([copiedBytes > 0, resumedBytes > 0, receivedBytes]).toEqual([true, true, 0]);
    expect(await isThere(left, content)).toBe(true);
  });
});

describe('the catalogue', () => {
  const copyOf = (number: number, path: string): LocalCopy => {
    const digest = number.toString(16).padStart(64, '0');
    return { digest, sizeBytes: 100_000, path, kind: 'file', modifyTimeMs: 1 };
  };

  test('is for its owner alone', async () => {
    const folder = join(await newFolder(), 'state');
    await (await open(folder)).note([copyOf(1, '/a')]);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const modes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).mode));
    expect(new Set(modes.map((mode) => mode & 0o777))).toEqual(new Set([0o600]));
  });

  test('has one content for a path, and forgets what was noted first', async () => {
    const folder = await newFolder();
    const copies = await open(folder);
    await copies.note([copyOf(1, '/a'), copyOf(2, '/b')]);
    await copies.note([copyOf(3, '/a')]);
    const pathsOf = async (number: number): Promise<string[]> =>
      (await copies.find(copyOf(number, '').digest)).map(({ path }) => path);
    expect([await pathsOf(1), await pathsOf(2), await pathsOf(3)]).toEqual([[], ['/b'], ['/a']]);
    const beside = new DatabaseSync(join(folder, 'copies.db'));
    beside.exec("UPDATE copies SET rowid = 200001 WHERE path = '/a'");
    beside.close();
    await copies.note([copyOf(4, '/c')]);
    expect([await pathsOf(2), await pathsOf(3), await pathsOf(4)]).toEqual([[], ['/a'], ['/c']]);
  });

  test('that is damaged is told of once, and all is fetched', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'copies.db'), 'x'.repeat(10_000));
    const problems: string[] = [];
    const copies = await open(folder, ({ message }) => problems.push(message));
    const content = patternBytes(2 * mib);
    const holder = await start(content);
    const target = await newFolder();
    expect(await download(holder, target, { copies })).toMatchObject({ receivedBytes: content.length });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/copies\.db cannot be used.*remove it to begin anew/);
  });

  test('that is damaged while it is open is told of once, too', async () => {
    const folder = await newFolder();
    const problems: string[] = [];
    const copies = await open(folder, ({ message }) => problems.push(message));
    const beside = new DatabaseSync(join(folder, 'copies.db'));
    beside.exec('DROP TABLE copies');
    beside.close();
    expect(await copies.find('0'.repeat(64))).toEqual([]);
    await copies.note([copyOf(1, '/a')]);
    expect(problems).toHaveLength(1);
  });

  test('that cannot be made is told of', async () => {
    const folder = join(await newFolder(), 'file');
    await writeFile(folder, '');
    const problems: string[] = [];
    const copies = await open(folder, ({ message }) => problems.push(message));
    expect(await copies.find('0'.repeat(64))).toEqual([]);
    expect(problems).toHaveLength(1);
  });

  test('that another process keeps locked does not fail a download', async () => {
    const folder = await newFolder();
    const copies = await open(folder);
    const beside = new DatabaseSync(join(folder, 'copies.db'));
    beside.exec('BEGIN EXCLUSIVE');
    const content = patternBytes(2 * mib);
    const holder = await start(content);
    const result = await download(holder, await newFolder(), { copies });
    beside.close();
    expect(result).toMatchObject({ receivedBytes: content.length });
  });

  test('takes what several processes note at once, also when all make it', async () => {
    const folder = await newFolder();
    const script = join(import.meta.dirname, 'support/note-copies.ts');
    const codes = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (name) => {
        const child = spawn(process.execPath, [script, folder, name, '200'], { stdio: 'inherit' });
        return (await once(child, 'exit'))[0];
      }),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    const copies = await open(folder);
    for (const number of [0, 199]) expect(await copies.find(copyOf(number, '').digest)).toHaveLength(4);
  });
});

test('two downloads at once copy from one file, each its own', async () => {
  const content = patternBytes(6 * mib);
  const holder = await start(content);
  const copies = await open(await newFolder());
  const path = join(await newFolder(), 'file');
  await writeFile(path, content);
  await copies.note([await copyAt(path, holder)]);
  const folders = [await newFolder(), await newFolder()];
  const results = await Promise.all(folders.map((folder) => download(holder, folder, { copies })));
  expect(results.map(({ receivedBytes }) => receivedBytes)).toEqual([0, 0]);
  for (const folder of folders) expect(await isThere(folder, content)).toBe(true);
});
