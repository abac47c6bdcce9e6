// One small file, by who has nothing else to do: `blocksThread`.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { connect, type DownloadResult, type GetOptions } from '../src/index.ts';
import { patternBytes } from './support/pattern.ts';
import { type Script, type ScriptedHolder, startScriptedHolder } from './support/scripted-holder.ts';

const root = temporaryFolder();
const content = patternBytes(100_000, 3);
let holder: ScriptedHolder | undefined;
let count = 0;

afterEach(() => holder?.stop());

/** Gets the one file of a new holder, and gives what the holder was asked after it had described the file. */
async function get(script: Script, options: GetOptions = {}): Promise<{ folder: string; result: DownloadResult }> {
  holder = await startScriptedHolder(content, script);
  const folder = options.folder ?? join(root, `got-${count++}`);
  const { host, port } = holder.holder;
  const cardume = connect();
  try {
    const result = await cardume.get('file', { from: { host, port }, blocksThread: true, folder, ...options });
    return { folder, result };
  } finally {
    cardume.close();
  }
}

test('comes by one request, without a manifest, and leaves nothing beside it', async () => {
  const phases: string[] = [];
  const { folder, result } = await get({}, { onProgress: ({ phase }) => phases.push(phase) });
  expect(await readFile(join(folder, 'file'))).toEqual(content);
  expect(await readdir(folder)).toEqual(['file']);
  expect(result).toMatchObject({ path: join(folder, 'file'), sizeBytes: content.length, alreadyPresent: false });
  expect(result.sources).toMatchObject([{ verifiedBytes: content.length, failure: undefined }]);
  expect(phases).toEqual(['downloading', 'finishing']);
  // What described it, and what brought it.
  expect(holder?.downloads).toMatchObject([{ readLimit: 1 }, { digest: holder?.manifest.digest, readLimit: 0 }]);
  expect(holder?.manifestRequests).toBe(0);
});

test('is not had from who sends other bytes', async () => {
  const folder = join(root, 'wrong');
  const failure = await failureOf(() =>
    get({ chunk: (chunk) => Buffer.alloc(chunk.length) }, { folder, holderWaitMs: 0 }),
  );
  expect(failure.reason).toBe('NO_HOLDER_LEFT');
  expect(await readdir(folder)).not.toContain('file');
});

test('is gone on with the long way when it does not come at once', async () => {
  let whole = 0;
  const { folder } = await get({
    async chunk(chunk, offset, signal) {
      if (offset === 0 && holder?.downloads.at(-1)?.readLimit === 0 && whole++ === 0) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
      return chunk;
    },
  });
  expect(whole).toBe(1);
  expect(await readFile(join(folder, 'file'))).toEqual(content);
  expect(await readdir(folder)).toEqual(['file']);
});

test('goes the long way where an earlier run left a part', async () => {
  const folder = join(root, 'part');
  await mkdir(folder);
  await writeFile(join(folder, 'file.cardume-part'), 'what is of no use');
  await get({}, { folder });
  expect(await readFile(join(folder, 'file'))).toEqual(content);
  expect(await readdir(folder)).toEqual(['file']);
  // The range of it, never the whole without asking for a range.
  expect(holder?.downloads.map(({ readLimit }) => readLimit)).toEqual([1, content.length]);
});

test('is there already, or stands in the way, as with any file', async () => {
  const { folder } = await get({});
  await holder?.stop();
  expect((await get({}, { folder })).result.alreadyPresent).toBe(true);
  await writeFile(join(folder, 'file'), 'something else');
  await holder?.stop();
  expect(await failureOf(() => get({}, { folder }))).toMatchObject({ reason: 'TARGET_EXISTS' });
  await holder?.stop();
  await get({}, { folder, overwrite: true });
  expect(await readFile(join(folder, 'file'))).toEqual(content);
});

test('ends with its signal, in the words of any download', async () => {
  const abort = new AbortController();
  const failing = failureOf(() =>
    get(
      {
        async chunk(chunk, _offset, signal) {
          if (holder?.downloads.at(-1)?.readLimit !== 0) return chunk;
          abort.abort();
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return chunk;
        },
      },
      { signal: abort.signal },
    ),
  );
  expect(await failing).toMatchObject({ reason: 'CANCELLED', message: 'the download of file was cancelled' });
});
