import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { hasVanished } from '../src/adapters/has-vanished.ts';
import { openState } from '../src/adapters/open-state.ts';
import { stampOf } from '../src/core/file-stamp.ts';
import { writeFiles } from './support/start-test-peer.ts';
import { createTestFollower } from './support/test-follower.ts';

const folder = temporaryFolder();

async function stateOf(path: string) {
  return { path, stamp: stampOf(await lstat(path, { bigint: true })) };
}

/** A stamp as files on another disk have it: the kernel's own files are on one. */
async function stampElsewhere(): Promise<string> {
  return (await stateOf('/proc/self/status')).stamp;
}

test('a file has vanished when it is gone from a disk that is there, its folders or not', async () => {
  writeFiles(folder, { 'there/a/b/file': 'x', 'there/other': 'x' });
  const file = await stateOf(join(folder, 'there/a/b/file'));
  expect(await hasVanished(file)).toBe(false);
  rmSync(join(folder, 'there/a/b/file'));
  expect(await hasVanished(file)).toBe(true);
  rmSync(join(folder, 'there/a'), { recursive: true });
  expect(await hasVanished(file)).toBe(true);
  // A file where its folder was.
  writeFileSync(join(folder, 'there/a'), 'x');
  expect(await hasVanished(file)).toBe(true);
  expect(await hasVanished({ path: file.path, stamp: await stampElsewhere() })).toBe(false);
});

test('a peer forgets files that are deleted, and keeps those of a disk that is not mounted', async () => {
  const share = join(folder, 'share');
  writeFiles(share, { kept: 'kept', deleted: 'deleted' });
  mkdirSync(join(share, 'mount-point'));
  const database = await openState(join(folder, 'state'));
  const first = createTestFollower(share, database, () => {});
  await first.follower.start();
  await first.follower.close();

  const absent = { path: join(share, 'mount-point/file'), stamp: await stampElsewhere() };
  const manifest = {
    digest: 'ab'.repeat(32),
    sizeBytes: 1,
    pieceLengthBytes: 1024 * 1024,
    pieceHashes: Buffer.alloc(32),
  };
  first.cache.keep([{ file: absent, manifest }]);
  rmSync(join(share, 'deleted'));
  const known = (): string[] => first.cache.filesAfter('', 10).map(({ path }) => path);
  expect(known()).toEqual([join(share, 'deleted'), join(share, 'kept'), absent.path]);

  const second = createTestFollower(share, database, () => {});
  try {
    await second.follower.start();
    await until('the deleted one to be forgotten', () => known().length < 3);
    expect(known()).toEqual([join(share, 'kept'), absent.path]);
  } finally {
    await second.follower.close();
    database.close();
  }
});
