import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CardumeError, nameProblem } from '@cardume/client';
import { beforeAll, expect, test } from '@jest/globals';
import { nastyNames, workingNames } from '../../../tests/support/nasty-names.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { downloadBytes, sharedNames, type TestPeer, usePeers } from './support/start-test-peer.ts';

const root = temporaryFolder();
const shared = join(root, 'shared');
const startPeer = usePeers();
const canary = Buffer.from('nobody shares this');
/** What may be served under each name: two names on the disk can be one to others, in normal form C. */
const contents = new Map<string, Buffer[]>();
let peer: TestPeer;

/** Whether a file system takes it as the name of a file in a folder. */
function isPartOnDisk(name: string): boolean {
  return (
    !/[/\0]/.test(name) && !['', '.', '..'].includes(name) && Buffer.byteLength(name) <= 255 && name.isWellFormed()
  );
}

beforeAll(async () => {
  mkdirSync(join(shared, 'link'), { recursive: true });
  mkdirSync(join(root, 'outside'));
  for (const name of ['canary.txt', 'x', 'outside/x', 'etc']) writeFileSync(join(root, name), canary);
  for (const name of [...nastyNames.map((row) => row.name), ...workingNames].filter(isPartOnDisk)) {
    const content = Buffer.from(`the content of ${name}`);
    writeFileSync(join(shared, name), content);
    const listed = name.normalize('NFC');
    if (nameProblem(listed) === null) contents.set(listed, [...(contents.get(listed) ?? []), content]);
  }
  for (const name of workingNames) contents.delete(name);
  for (const [name, target] of [
    ['to-file', '../canary.txt'],
    ['to-folder', '../outside'],
    ['to-root', '/etc/passwd'],
  ]) {
    if (name !== undefined && target !== undefined) symlinkSync(target, join(shared, name));
  }
  peer = await startPeer({ paths: [shared] });
});

test('of files with nasty names those are listed whose names are safe, and nothing that a link leads to', async () => {
  expect(contents.size).toBeGreaterThan(100);
  expect((await sharedNames(peer.client)).sort()).toEqual([...contents.keys()].sort());
});

test('no name gets anything but the file that is listed under it', async () => {
  const links = ['to-file', 'to-folder/x', 'to-root', 'link/../../canary.txt', join(root, 'canary.txt')];
  for (const name of [...nastyNames.map((row) => row.name), ...workingNames, ...links]) {
    const allowed = contents.get(name.toWellFormed().normalize('NFC')) ?? [];
    try {
      const bytes = await downloadBytes(peer.client, { name });
      expect(allowed.map(String)).toContain(String(bytes));
    } catch (error) {
      if (!CardumeError.is(error)) throw error;
      expect(allowed).toEqual([]);
      expect(['FILE_NOT_SHARED', 'INVALID_FIELD']).toContain(error.reason);
    }
  }
  expect(existsSync(join(root, 'canary.txt'))).toBe(true);
});
