import { renameSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerClient } from '@cardume/client';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { collect, downloadBytes, patterned, sharedNames, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const mib = 1024 * 1024;
const content = patterned(48 * mib);

/**
 * Shares files whose folder the peer does not watch, so that it learns of a change only when it serves: the folder is
 * left out, and the files are shared by links into it.
 */
async function shareUnwatched(name: string, files: Record<string, Buffer | string>): Promise<PeerClient> {
  const share = join(folder, name);
  for (const [file, bytes] of Object.entries(files)) {
    writeFiles(share, { [`.unwatched/${file}`]: bytes });
    symlinkSync(join('.unwatched', file), join(share, file));
  }
  const { client } = await startPeer({
    paths: [share],
    exclude: ['.unwatched'],
    stateFolder: join(folder, `${name}-state`),
  });
  expect(await sharedNames(client)).toEqual(Object.keys(files).sort());
  return client;
}

describe('a file that changed since it was hashed', () => {
  const names = ['appended', 'deleted', 'replaced', 'rewritten', 'shortened', 'touched-back', 'turned-link'];
  let client: PeerClient;
  const path = (name: string): string => join(folder, 'before', '.unwatched', name);

  beforeAll(async () => {
    client = await shareUnwatched('before', Object.fromEntries(names.map((name) => [name, `the content of ${name}`])));
  });

  test.each<[string, () => void]>([
    ['deleted', () => rmSync(path('deleted'))],
    ['rewritten', () => writeFileSync(path('rewritten'), 'THE CONTENT OF rewritten')],
    ['appended', () => writeFileSync(path('appended'), 'and more', { flag: 'a' })],
    ['shortened', () => truncateSync(path('shortened'), 3)],
    [
      'touched-back',
      () => {
        const { atime, mtime } = statSync(path('touched-back'));
        writeFileSync(path('touched-back'), 'THE CONTENT OF touched-back');
        utimesSync(path('touched-back'), atime, mtime);
      },
    ],
    [
      'replaced',
      () => {
        writeFileSync(path('replaced.new'), 'THE CONTENT OF replaced');
        renameSync(path('replaced.new'), path('replaced'));
      },
    ],
    [
      'turned-link',
      () => {
        rmSync(path('turned-link'));
        symlinkSync('/etc/hostname', path('turned-link'));
      },
    ],
  ])('is refused when it was %s, and its old content is not listed any more', async (name, change) => {
    const { file, chunks } = await client.download({ name });
    expect(Buffer.concat(await collect(chunks)).toString()).toBe(`the content of ${name}`);
    const before = file.digest;
    change();
    expect(await failureOf(() => downloadBytes(client, { name }))).toMatchObject({
      reason: 'FILE_CHANGED',
      code: 'FAILED_PRECONDITION',
    });
    // The peer noticed by serving: what it shares under the name from now on is what stands there now, or nothing.
    const { files } = await client.listFilesPage(1_000);
    expect(files.filter((file) => file.name === name && file.digest === before)).toEqual([]);
  });
});

test('a file that changed is shared again with its new content, once it has settled', async () => {
  const client = await shareUnwatched('again', { file: 'old' });
  writeFileSync(join(folder, 'again/.unwatched/file'), 'new');
  await failureOf(() => downloadBytes(client, { name: 'file' }));
  await until('the new content', async () => (await sharedNames(client)).includes('file'));
  expect((await downloadBytes(client, { name: 'file' })).toString()).toBe('new');
});

test('of several files with one digest, the next is sent when the first has changed', async () => {
  const client = await shareUnwatched('copies', { a: 'the same', b: 'the same' });
  const { file, chunks } = await client.download({ name: 'a' });
  await collect(chunks);
  writeFileSync(join(folder, 'copies/.unwatched/a'), 'otherwise');
  const second = await client.download({ digest: file.digest });
  expect(second.file.name).toBe('b');
  expect(Buffer.concat(await collect(second.chunks)).toString()).toBe('the same');
});

describe('a file that changes while it is sent', () => {
  const names = ['rewritten', 'shortened', 'touched-back'];
  let client: PeerClient;
  const path = (name: string): string => join(folder, 'during', '.unwatched', name);

  beforeAll(async () => {
    client = await shareUnwatched('during', Object.fromEntries(names.map((name) => [name, content])));
  });

  test.each<[string, () => void]>([
    ['rewritten', () => writeFileSync(path('rewritten'), Buffer.alloc(content.length, 1))],
    ['shortened', () => truncateSync(path('shortened'), 2 * mib)],
    [
      'touched-back',
      () => {
        const { atime, mtime } = statSync(path('touched-back'));
        writeFileSync(path('touched-back'), Buffer.alloc(content.length, 2));
        utimesSync(path('touched-back'), atime, mtime);
      },
    ],
  ])('and is %s ends with an error, and no other byte was sent', async (name, change) => {
    const { chunks } = await client.download({ name });
    const iterator = chunks[Symbol.asyncIterator]();
    const received: Uint8Array[] = [];
    const first = await iterator.next();
    if (first.done !== true) received.push(first.value);
    // The reader pauses here, and the peer has to wait with most of the file unsent.
    change();
    const failure = await failureOf(async () => {
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        received.push(next.value);
    });
    expect(failure.reason).toBe('FILE_CHANGED');
    const bytes = Buffer.concat(received);
    expect(bytes.length).toBeLessThan(content.length);
    expect(bytes.equals(content.subarray(0, bytes.length))).toBe(true);
  });
});
