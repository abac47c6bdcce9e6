import { expect, test } from '@jest/globals';
import { PassedFiles } from '../../src/core/passed-files.ts';
import { ShareList } from '../../src/core/share-list.ts';
import { SharedFiles } from '../../src/core/shared-files.ts';

const digest = 'ab'.repeat(32);
const state = { stamp: 'now', modifyTimeMs: 1 };
const file = { name: 'sub/a.txt', digest, sizeBytes: 3 };
const everybody = (): boolean => true;

test('what is passed on is found where its folder is, as long as that is passed on', () => {
  const changed: string[] = [];
  const passed = new PassedFiles((of) => changed.push(of));
  const folder = passed.begin('/inbox/quarantine/album', everybody);
  const other = passed.begin('/inbox/quarantine/copy', everybody);
  folder.put(file, state);
  other.put(file, state);
  expect(passed.findAll(digest).map(({ path }) => path)).toEqual([
    '/inbox/quarantine/album/sub/a.txt',
    '/inbox/quarantine/copy/sub/a.txt',
  ]);
  folder.moveTo('/inbox/album');
  expect(passed.findAll(digest)[0]).toMatchObject({ path: '/inbox/album/sub/a.txt', stamp: 'now', sizeBytes: 3 });
  other.close();
  other.close();
  expect(passed.findAll(digest)).toHaveLength(1);
  folder.close();
  expect(passed.findAll(digest)).toEqual([]);
  expect(changed).toEqual(Array.from({ length: 4 }, () => digest));
});

test('a file that has changed its mode is known anew, and stands there once', () => {
  const passed = new PassedFiles();
  const folder = passed.begin('/inbox/album', everybody);
  folder.put(file, state);
  folder.put(file, { ...state, stamp: 'later' });
  expect(passed.findAll(digest)).toMatchObject([{ stamp: 'later' }]);
  folder.close();
  expect(passed.findAll(digest)).toEqual([]);
});

test('what is not for a caller is not there for it', () => {
  const passed = new PassedFiles();
  const files = new SharedFiles(new ShareList(), new ShareList(), new ShareList(), [passed]);
  passed.begin('/inbox/album', (peerId) => peerId === 'bob').put(file, state);
  expect(files.findAll(digest)).toHaveLength(1);
  expect(files.seenBy({ peerId: 'bob' }).find(digest, '')).toHaveLength(1);
  for (const peerId of ['eve', undefined]) {
    expect(() => files.seenBy({ peerId }).find(digest, '')).toThrow(
      expect.objectContaining({ reason: 'FILE_NOT_SHARED' }),
    );
  }
  passed.begin('/inbox/copy', everybody).put(file, state);
  expect(files.seenBy({ peerId: 'eve' }).find(digest, '')).toMatchObject([{ path: '/inbox/copy/sub/a.txt' }]);
});
