import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { downloadBytes, sharedNames, type TestPeer, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();
const share = join(folder, 'share');
let running: TestPeer;

async function untilShared(expected: string[]): Promise<void> {
  const text = JSON.stringify(expected);
  await until(`the list ${text}`, async () => JSON.stringify(await sharedNames(running.client)) === text);
}

describe('a peer follows its folder: it', () => {
  beforeAll(async () => {
    writeFiles(share, { kept: 'kept', changed: 'old', 'sub/inner': 'inner' });
    // Only what is watched can be noticed in this test's time.
    running = await startPeer({
      paths: [share],
      stateFolder: join(folder, 'state'),
      rescanIntervalMs: 3_600_000,
    });
    await untilShared(['changed', 'kept', 'sub/inner']);
  });

  test('shares a file that is added, and tells the display', async () => {
    writeFileSync(join(share, 'added'), 'added');
    await untilShared(['added', 'changed', 'kept', 'sub/inner']);
    await until('the event', () =>
      running.events.some((event) => event.type === 'list-changed' && event.added === 1 && event.fileCount === 4),
    );
  });

  test('shares the new content of a file that changes', async () => {
    writeFileSync(join(share, 'changed'), 'new content');
    await until('the new content', async () => {
      const { files } = await running.client.listFilesPage(1_000);
      return files.some(({ name, sizeBytes }) => name === 'changed' && sizeBytes === 11);
    });
    expect((await downloadBytes(running.client, { name: 'changed' })).toString()).toBe('new content');
  });

  test('takes a renamed file for what it is now', async () => {
    renameSync(join(share, 'added'), join(share, 'renamed'));
    await untilShared(['changed', 'kept', 'renamed', 'sub/inner']);
  });

  test('no longer shares a file that is deleted', async () => {
    rmSync(join(share, 'renamed'));
    await untilShared(['changed', 'kept', 'sub/inner']);
  });

  test('shares what is in folders that are added, also what comes into them later', async () => {
    mkdirSync(join(share, 'new/deep/er'), { recursive: true });
    writeFileSync(join(share, 'new/deep/er/one'), '1');
    await untilShared(['changed', 'kept', 'new/deep/er/one', 'sub/inner']);
    writeFileSync(join(share, 'new/deep/er/two'), '2');
    await untilShared(['changed', 'kept', 'new/deep/er/one', 'new/deep/er/two', 'sub/inner']);
  });

  test('follows a folder that is renamed, and changes in it under its new name', async () => {
    renameSync(join(share, 'new/deep'), join(share, 'moved'));
    await untilShared(['changed', 'kept', 'moved/er/one', 'moved/er/two', 'sub/inner']);
    rmSync(join(share, 'moved/er/one'));
    await untilShared(['changed', 'kept', 'moved/er/two', 'sub/inner']);
  });

  test('follows a folder that is deleted and made again', async () => {
    rmSync(join(share, 'sub'), { recursive: true });
    mkdirSync(join(share, 'sub'));
    writeFileSync(join(share, 'sub/again'), 'again');
    await untilShared(['changed', 'kept', 'moved/er/two', 'sub/again']);
    writeFileSync(join(share, 'sub/later'), 'later');
    await untilShared(['changed', 'kept', 'moved/er/two', 'sub/again', 'sub/later']);
  });
});

test('follows a file that is shared by itself', async () => {
  writeFiles(folder, { 'alone/file': 'x' });
  running = await startPeer({
    paths: [join(folder, 'alone/file')],
    stateFolder: join(folder, 'alone-state'),
    rescanIntervalMs: 3_600_000,
  });
  writeFileSync(join(folder, 'alone/new'), 'longer');
  renameSync(join(folder, 'alone/new'), join(folder, 'alone/file'));
  await until('the new content', async () => (await running.client.listFilesPage(1)).files[0]?.sizeBytes === 6);
  rmSync(join(folder, 'alone/file'));
  await untilShared([]);
});

test('finds what it cannot watch by scanning again', async () => {
  const linked = join(folder, 'linked');
  writeFiles(linked, { '.unwatched/file': 'x' });
  symlinkSync('.unwatched/file', join(linked, 'file'));
  running = await startPeer({
    paths: [linked],
    exclude: ['.unwatched'],
    stateFolder: join(folder, 'linked-state'),
    rescanIntervalMs: 100,
  });
  await untilShared(['file']);
  rmSync(join(linked, '.unwatched/file'));
  await untilShared([]);
});

test('a file that is written to again and again keeps nobody waiting, and is shared when it has settled', async () => {
  const busy = join(folder, 'busy');
  writeFiles(busy, { calm: 'calm', log: 'begin' });
  const writer = setInterval(() => writeFileSync(join(busy, 'log'), 'x', { flag: 'a' }), 50);
  try {
    running = await startPeer({ paths: [busy], stateFolder: join(folder, 'busy-state') });
    // The start has not waited for the busy file, which would have taken for ever.
    expect(await sharedNames(running.client)).toContain('calm');
  } finally {
    clearInterval(writer);
  }
  await untilShared(['calm', 'log']);
});
