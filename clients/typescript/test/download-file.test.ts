import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, readdir, readFile, rename, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ServerError, Status } from 'nice-grpc';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { newFolders } from '../../../tests/support/new-folders.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import {
  CardumeError,
  connect,
  type DownloadFileInit,
  type DownloadProgress,
  type DownloadResult,
  downloadFile,
} from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';
import type { Script, ScriptedHolder } from './support/scripted-holder.ts';
import { testHolders } from './support/test-holders.ts';

const mib = 1024 * 1024;
const root = temporaryFolder();
const stops: (() => Promise<unknown>)[] = [];
const newFolder = newFolders(root);
const start = testHolders();

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function download(
  holders: readonly ScriptedHolder[],
  folder: string,
  change: Partial<DownloadFileInit> = {},
): Promise<DownloadResult> {
  const [first] = holders;
  if (first === undefined) throw new Error('no holder');
  const { digest, sizeBytes } = first.manifest;
  const addresses = holders.map(({ holder }) => holder);
  return downloadFile({
    digest,
    sizeBytes,
    folder,
    name: 'file.bin',
    holders: async () => addresses,
    holderWaitMs: 2_000,
    random: () => 0,
    ...change,
  });
}

function flipped(bytes: Buffer, at = 0): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 0x80;
  return bytes;
}

/** A holder that says nothing more from an offset on, and keeps the stream open. */
function stopAt(offset: number): NonNullable<Script['chunk']> {
  return async (chunk, at, signal) => {
    if (at >= offset) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    return chunk;
  };
}

describe('a download from an honest holder', () => {
  test.each([0, 1, 16_383, 16_384, 16_385, mib - 1, mib, mib + 1, 5 * mib + 12_345])(
    'of %d bytes is the very bytes, and nothing else is left in the folder',
    async (sizeBytes) => {
      const content = patternBytes(sizeBytes);
      const holder = await start(content);
      const folder = await newFolder();
      const seen: DownloadProgress[] = [];
      const result = await download([holder], folder, { onProgress: (progress) => seen.push(progress) });
      expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
      expect(await readdir(folder)).toEqual(['file.bin']);
      expect(result).toMatchObject({ sizeBytes, receivedBytes: sizeBytes, resumedBytes: 0, alreadyPresent: false });
      expect(seen.at(-1)).toMatchObject({ phase: 'finishing' });
      expect(holder.manifestRequests).toBe(sizeBytes > mib ? 1 : 0);
    },
  );

  test('makes the folder, takes a name of 255 bytes, and fetches nothing when the content stands there', async () => {
    const holder = await start(patternBytes(2 * mib));
    const folder = join(await newFolder(), 'new', 'deep');
    const name = `${'🐟'.repeat(60)}${'x'.repeat(15)}`;
    expect(Buffer.byteLength(name)).toBe(255);
    await download([holder], folder, { name });
    const again = await download([holder], folder, { name });
    expect(again).toMatchObject({ alreadyPresent: true, receivedBytes: 0 });
    expect(holder.downloads).toHaveLength(1);
    expect(await readdir(folder)).toEqual([name]);
  });
});

describe('what stands under the name', () => {
  test('is not replaced, unless asked for, and then only when the new content is whole', async () => {
    const content = patternBytes(3 * mib);
    const holder = await start(content, { chunk: (chunk, at) => (at > mib ? flipped(chunk) : chunk) });
    const folder = await newFolder();
    const path = join(folder, 'file.bin');
    await writeFile(path, 'mine');
    expect((await failureOf(() => download([holder], folder))).reason).toBe('TARGET_EXISTS');
    expect(holder.downloads).toHaveLength(0);
    expect((await failureOf(() => download([holder], folder, { overwrite: true }))).reason).toBe('NO_HOLDER_LEFT');
    expect(await readFile(path, 'utf8')).toBe('mine');
    holder.script = {};
    await download([holder], folder, { overwrite: true });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  test('is not replaced either when it appears while the download runs', async () => {
    const folder = await newFolder();
    const path = join(folder, 'file.bin');
    const holder = await start(patternBytes(2 * mib), {
      chunk: async (chunk, at) => {
        if (at === mib) await writeFile(path, 'mine');
        return chunk;
      },
    });
    expect((await failureOf(() => download([holder], folder))).reason).toBe('TARGET_EXISTS');
    expect(await readFile(path, 'utf8')).toBe('mine');
  });

  test('may be the very content that another download was quicker to bring', async () => {
    const folder = await newFolder();
    const content = patternBytes(2 * mib);
    const holder = await start(content, {
      chunk: async (chunk, at) => {
        if (at === mib) await writeFile(join(folder, 'file.bin'), content);
        return chunk;
      },
    });
    expect((await download([holder], folder)).alreadyPresent).toBe(true);
    expect(await readdir(folder)).toEqual(['file.bin']);
  });

  test('may be a symbolic link that leaves the folder: it is not followed', async () => {
    const holder = await start(patternBytes(mib));
    const folder = await newFolder();
    const outside = join(await newFolder(), 'victim');
    await writeFile(outside, 'precious');
    await symlink(outside, join(folder, 'file.bin'));
    expect((await failureOf(() => download([holder], folder))).reason).toBe('TARGET_EXISTS');
    await download([holder], folder, { overwrite: true });
    expect(await readFile(outside, 'utf8')).toBe('precious');
    expect((await stat(join(folder, 'file.bin'))).size).toBe(mib);

    const other = await newFolder();
    await symlink(outside, join(other, 'file.bin.cardume-part'));
    expect((await failureOf(() => download([holder], other))).reason).toBe('LOCAL_IO_FAILED');
    expect(await readFile(outside, 'utf8')).toBe('precious');
  });
});

test.each([
  ['part is a folder', 'file.bin.cardume-part'],
  ['journal is one', 'file.bin.cardume-journal'],
])('a target whose %s is LOCAL_IO_FAILED, and nothing is left', async (_what, inTheWay) => {
  const holder = await start(patternBytes(mib));
  const folder = await newFolder();
  await mkdir(join(folder, inTheWay, 'full'), { recursive: true });
  expect((await failureOf(() => download([holder], folder))).reason).toBe('LOCAL_IO_FAILED');
  expect(await readdir(folder)).toEqual([inTheWay]);
});

test('a folder that is a file is named in the error', async () => {
  const folder = join(await newFolder(), 'file');
  await writeFile(folder, '');
  const failure = await failureOf(async () => download([await start(patternBytes(9))], join(folder, 'below')));
  expect(failure.reason).toBe('LOCAL_IO_FAILED');
  expect(failure.message).toContain('is not a folder; name another one');
});

test.each(['../x', '..', '/etc/x', 'a/b', 'a\\b', 'nul\u0000', 'CON', 'a\u202eb', ''])(
  'a name %j is refused before anything is asked or written',
  async (name) => {
    const holder = await start(patternBytes(10));
    const folder = await newFolder();
    expect((await failureOf(() => download([holder], folder, { name }))).reason).toBe('UNSAFE_NAME');
    expect(holder.downloads).toHaveLength(0);
    expect(await readdir(folder)).toEqual([]);
  },
);

describe('a hostile holder', () => {
  const content = patternBytes(3 * mib + 777);
  const last = content.length - 1;
  test.each<[string, Script]>([
    ['sends one wrong bit in the first piece', { chunk: (chunk, at) => (at === 0 ? flipped(chunk) : chunk) }],
    [
      'sends one wrong bit in the last byte',
      { chunk: (chunk, at) => (at + chunk.length > last ? flipped(chunk, chunk.length - 1) : chunk) },
    ],
    [
      'sends more than was asked for',
      {
        after: async function* () {
          yield Buffer.alloc(5);
        },
        chunk: (chunk, at) => (at === 0 ? Buffer.concat([chunk, Buffer.alloc(1)]) : chunk),
      },
    ],
    ['sends a message of 5 MiB', { chunk: () => Buffer.alloc(5 * mib) }],
    [
      'ends early',
      {
        download: async function* (request) {
          yield {
            payload: { $case: 'file', value: { name: 'file', sizeBytes: content.length, digest: request.digest } },
          };
          yield { payload: { $case: 'chunk', value: content.subarray(request.readOffset, request.readOffset + 10) } };
        },
      },
    ],
    ['sends a message without bytes', { chunk: (chunk, at) => (at > mib ? Buffer.alloc(0) : chunk) }],
    ['sends a manifest without hashes', { manifest: () => Buffer.alloc(0) }],
    ['describes another digest', { describe: () => ({ digest: 'f'.repeat(64) }) }],
    ['describes another size', { describe: () => ({ sizeBytes: 5 }) }],
    ['sends a manifest with a wrong bit', { manifest: (hashes) => flipped(hashes, 40) }],
    ['sends a manifest that is too long', { manifest: (hashes) => Buffer.concat([hashes, Buffer.alloc(1024)]) }],
    ['sends a manifest that is too short', { manifest: (hashes) => hashes.subarray(32) }],
    [
      'begins with a chunk',
      {
        download: async function* () {
          yield { payload: { $case: 'chunk', value: Buffer.alloc(9) } };
        },
      },
    ],
    ['sends nothing at all', { download: async function* () {} }],
    [
      'ends early',
      {
        chunk: (chunk, at) => {
          if (at > mib) throw new ServerError(Status.UNKNOWN, 'cut');
          return chunk;
        },
      },
    ],
  ])('that %s gives nothing a name, and an honest one completes the file', async (_what, script) => {
    const liar = await start(content, script);
    const folder = await newFolder();
    const failure = await failureOf(() => download([liar], folder));
    expect(failure.reason).toBe('NO_HOLDER_LEFT');
    expect(failure.message).toContain(`127.0.0.1:${liar.holder.port}`);
    expect(await readdir(folder)).not.toContain('file.bin');

    const honest = await start(content);
    const result = await download([liar, honest], folder);
    expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
    expect(await readdir(folder)).toEqual(['file.bin']);
    expect(result.sources.map(({ failure: why }) => why === undefined)).toEqual([false, true]);
  });

  test('that lied is not asked again, one that was merely away is', async () => {
    const liar = await start(content, { chunk: (chunk) => flipped(chunk) });
    let calls = 0;
    const flaky = await start(content, {
      chunk: (chunk, at) => {
        if (at > mib && calls++ < 2) throw new ServerError(Status.UNKNOWN, 'cut');
        return chunk;
      },
    });
    const folder = await newFolder();
    await download([liar, flaky], folder);
    expect(liar.downloads).toHaveLength(1);
    expect(flaky.downloads.length).toBeGreaterThanOrEqual(3);
    expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
  });

  test("cannot make its own failure look like this machine's", async () => {
    const { RichServerError, ErrorInfo } = await import('nice-grpc-error-details');
    const liar = await start(content, {
      // biome-ignore lint/correctness/useYield: a stream that fails before its first message
      download: async function* () {
        throw new RichServerError(8, 'your disk is full', [
          ErrorInfo.fromPartial({ reason: 'DISK_FULL', domain: 'cardume' }),
        ]);
      },
    });
    const honest = await start(content);
    const folder = await newFolder();
    await download([liar, honest], folder);
    expect(await readdir(folder)).toEqual(['file.bin']);
  });
});

describe('a hostile peer that is asked directly', () => {
  test.each(['../escaped', 'a/..', '/etc/x', 'a\\b', 'nul\u0000', 'CON', 'x\u202egpj', 'bell\u0007'])(
    'and lists its file as %j gets nothing written outside of the folder',
    async (listedName) => {
      const holder = await start(patternBytes(1_000), { listedName });
      const parent = await newFolder();
      const cardume = connect({ index: { host: '127.0.0.1', port: 1 } });
      const get = cardume.get(holder.manifest.digest, { folder: join(parent, 'in'), from: holder.holder });
      const outcome = await get.then(
        ({ path }) => path,
        (error) => error.reason,
      );
      cardume.close();
      const last = listedName.slice(listedName.lastIndexOf('/') + 1);
      expect(outcome).toBe(['escaped', 'x'].includes(last) ? join(parent, 'in', last) : 'UNSAFE_NAME');
      expect((await readdir(parent)).filter((name) => name !== 'in')).toEqual([]);
    },
  );
});

describe('a holder that is not there', () => {
  let silent: Server;
  test('costs a bounded time, also when it takes the connection and never speaks', async () => {
    silent = createServer((socket) => stops.push(async () => socket.destroy())).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    stops.push(async () => silent.close());
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const honest = await start(patternBytes(2 * mib));
    const holders = [{ peerId: '', host: '127.0.0.1', port: address.port, partial: false }, honest.holder];
    const folder = await newFolder();
    const result = await download([honest], folder, { holders: async () => holders });
    expect(await readdir(folder)).toEqual(['file.bin']);
    expect(result.sources.map(({ verifiedBytes }) => verifiedBytes)).toEqual([0, 2 * mib]);
  });

  test('ends the download with what was tried and what is kept', async () => {
    const holder = await start(patternBytes(mib));
    await holder.stop();
    const failure = await failureOf(async () => download([holder], await newFolder()));
    expect(failure).toMatchObject({ reason: 'NO_HOLDER_LEFT', code: 'UNAVAILABLE' });
    expect(failure.message).toContain('0 of 1048576 bytes are verified and kept');
  });
});

describe('a download goes on', () => {
  const content = patternBytes(6 * mib + 99);

  async function killedInTheMiddle(folder: string): Promise<ScriptedHolder> {
    const holder = await start(content, { chunk: stopAt(4 * mib) });
    const script = join(import.meta.dirname, 'support/interrupted-download.ts');
    const { digest } = holder.manifest;
    const args = [script, digest, String(content.length), String(holder.holder.port), folder, 'file.bin'];
    const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const journal = join(folder, 'file.bin.cardume-journal');
    await until('four pieces in the journal', async () => {
      const text = await readFile(journal, 'utf8').catch(() => '');
      return text.split('\n').length >= 6;
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    holder.script = {};
    holder.downloads.length = 0;
    return holder;
  }

  test('after kill -9 with what is verified, and fetches only the rest', async () => {
    const folder = await newFolder();
    const holder = await killedInTheMiddle(folder);
    expect(await readdir(folder)).not.toContain('file.bin');
    const result = await download([holder], folder);
    expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
    expect(result.resumedBytes).toBe(4 * mib);
    expect(Math.min(...holder.downloads.map(({ readOffset }) => readOffset))).toBe(4 * mib);
    expect(await readdir(folder)).toEqual(['file.bin']);
  });

  test('without trusting the journal: a piece that was damaged meanwhile is fetched again', async () => {
    const folder = await newFolder();
    const holder = await killedInTheMiddle(folder);
    const part = join(folder, 'file.bin.cardume-part');
    const bytes = await readFile(part);
    await writeFile(part, flipped(bytes, mib + 5));
    const result = await download([holder], folder);
    expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
    expect(result.resumedBytes).toBe(3 * mib);
    const asked = holder.downloads.map(({ readOffset, readLimit }) => [readOffset, readOffset + readLimit]);
    expect(asked.toSorted(([a = 0], [b = 0]) => a - b)).toEqual([
      [mib, 2 * mib],
      [4 * mib, 6 * mib],
      [6 * mib, 6 * mib + 99],
    ]);
  });

  test('when the part was cut short, and when the journal is garbage', async () => {
    const folder = await newFolder();
    const holder = await killedInTheMiddle(folder);
    await truncate(join(folder, 'file.bin.cardume-part'), 2 * mib + 5);
    expect((await download([holder], folder)).resumedBytes).toBe(2 * mib);

    const other = await newFolder();
    const again = await killedInTheMiddle(other);
    await writeFile(join(other, 'file.bin.cardume-journal'), patternBytes(5000));
    expect((await download([again], other)).resumedBytes).toBe(0);
    expect((await readFile(join(other, 'file.bin'))).equals(content)).toBe(true);
  });

  test('for another content under the same name, keeping the pieces that are the same', async () => {
    const folder = await newFolder();
    await killedInTheMiddle(folder);
    const changed = flipped(Buffer.from(content), 2 * mib);
    const holder = await start(changed);
    const result = await download([holder], folder);
    expect((await readFile(join(folder, 'file.bin'))).equals(changed)).toBe(true);
    expect(result.resumedBytes).toBe(3 * mib);
  });

  test('after it was cancelled, which leaves no process waiting and no name', async () => {
    const controller = new AbortController();
    const holder = await start(content, { chunk: stopAt(3 * mib) });
    const folder = await newFolder();
    const onProgress = ({ verifiedBytes }: DownloadProgress): void => {
      if (verifiedBytes > 0) controller.abort();
    };
    const failure = await failureOf(() => download([holder], folder, { signal: controller.signal, onProgress }));
    expect(failure.reason).toBe('CANCELLED');
    expect((await readdir(folder)).toSorted()).toEqual(['file.bin.cardume-journal', 'file.bin.cardume-part']);
    holder.script = {};
    const result = await download([holder], folder);
    expect(result.resumedBytes).toBeGreaterThan(0);
    expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
  });
});

describe('one download at a time writes to a name', () => {
  const content = patternBytes(2 * mib);

  /** A download that stands still until it is released. */
  async function standing(folder: string): Promise<{ holder: ScriptedHolder; end: () => Promise<DownloadResult> }> {
    const release = Promise.withResolvers<void>();
    const holder = await start(content, {
      chunk: async (chunk) => {
        await release.promise;
        return chunk;
      },
    });
    const running = download([holder], folder);
    await until('the first one runs', () => holder.downloads.length === 1);
    const end = (): Promise<DownloadResult> => {
      release.resolve();
      return running;
    };
    return { holder, end };
  }

  test('the second is told, and the first is not disturbed', async () => {
    const folder = await newFolder();
    const { holder, end } = await standing(folder);
    expect((await failureOf(() => download([holder], folder))).reason).toBe('TARGET_BUSY');
    await end();
    expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
    expect(await readdir(folder)).toEqual(['file.bin']);
  });

  test('also when the folder is spelled in another way', async () => {
    const folder = await newFolder();
    const link = join(root, 'another-spelling');
    await symlink(folder, link);
    const { end } = await standing(folder);
    const other = await start(patternBytes(2 * mib, 5));
    expect((await failureOf(() => download([other], link))).reason).toBe('TARGET_BUSY');
    await end();
    expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
  });

  test('also when the second is another process', async () => {
    const folder = await newFolder();
    const { holder, end } = await standing(folder);
    const script = join(import.meta.dirname, 'support/interrupted-download.ts');
    const { digest, sizeBytes } = holder.manifest;
    const args = [script, digest, String(sizeBytes), String(holder.holder.port), folder, 'file.bin'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    child.stderr.on('data', (data) => {
      told += data;
    });
    const [code] = await once(child, 'close');
    expect(code).not.toBe(0);
    expect(told).toContain('another download is writing here');
    await end();
    expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
  });

  test('a lock file that a killed process left does not hold', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'file.bin.cardume-lock'), '');
    await download([await start(content)], folder);
    expect(await readdir(folder)).toEqual(['file.bin']);
  });

  test('a lock file that is something else is named, and left alone', async () => {
    const folder = await newFolder();
    const path = join(folder, 'file.bin.cardume-lock');
    await writeFile(path, 'x'.repeat(5_000));
    const failure = await failureOf(async () => download([await start(content)], folder));
    expect(failure.reason).toBe('LOCAL_IO_FAILED');
    expect(await readFile(path, 'utf8')).toBe('x'.repeat(5_000));
  });
});

describe('a download that died when its file had just got its name', () => {
  test('leaves no second name by which the file could be changed', async () => {
    const content = patternBytes(2 * mib);
    const holder = await start(content);
    const folder = await newFolder();
    await download([holder], folder);
    const path = join(folder, 'file.bin');
    // What a kill between link(2) and unlink(2) leaves.
    await link(path, `${path}.cardume-part`);
    await writeFile(`${path}.cardume-journal`, '');
    expect((await download([holder], folder)).alreadyPresent).toBe(true);
    expect(await readdir(folder)).toEqual(['file.bin']);

    await link(path, `${path}.cardume-part`);
    await rename(path, join(folder, 'kept.bin'));
    const other = await start(patternBytes(2 * mib, 9));
    await download([other], folder);
    expect((await readFile(join(folder, 'kept.bin'))).equals(content)).toBe(true);
    expect((await readFile(path)).equals(patternBytes(2 * mib, 9))).toBe(true);
  });
});

test('a folder whose path is longer than a lock can have is named in the error', async () => {
  const folder = join(await newFolder(), 'x'.repeat(250), 'y'.repeat(250));
  const failure = await failureOf(async () => download([await start(patternBytes(9))], folder));
  expect(failure.reason).toBe('LOCAL_IO_FAILED');
  expect(failure.message).toContain('choose a shorter folder');
});

test('a rate that is asked for is kept', async () => {
  const content = patternBytes(3 * mib);
  const holder = await start(content);
  const folder = await newFolder();
  // That it is not faster is what is promised; how much slower depends on the machine.
  const { durationMs } = await download([holder], folder, { maxBytesPerSecond: 4 * mib });
  expect(durationMs).toBeGreaterThan(600);
  expect((await readFile(join(folder, 'file.bin'))).equals(content)).toBe(true);
  const failure = await failureOf(() => download([holder], folder, { maxBytesPerSecond: 0 }));
  expect(failure.reason).toBe('INVALID_FIELD');
});

test('an error of the progress function ends the download with it, and not the process', async () => {
  const holder = await start(patternBytes(4 * mib), { chunk: stopAt(2 * mib) });
  let calls = 0;
  const onProgress = (): void => {
    calls += 1;
    if (calls > 5) throw new CardumeError('INTERNAL', 'a defect of the caller');
  };
  const failure = await failureOf(async () => download([holder], await newFolder(), { onProgress }));
  expect(failure.message).toBe('a defect of the caller');
});

test('no descriptor stays open after downloads that end well, fail or are cancelled', async () => {
  const holder = await start(patternBytes(2 * mib));
  const liar = await start(patternBytes(2 * mib), { chunk: (chunk) => flipped(chunk) });
  const open = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
  await download([holder], await newFolder());
  const before = await open();
  for (let turn = 0; turn < 5; turn++) {
    await download([holder], await newFolder());
    await failureOf(async () => download([liar], await newFolder()));
    await failureOf(async () => download([holder], await newFolder(), { signal: AbortSignal.abort() }));
  }
  await until('the descriptors are those of before', async () => (await open()) <= before + 2);
});
