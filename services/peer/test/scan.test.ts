import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { until } from '../../../tests/support/until.ts';
import { downloadBytes, sharedNames, type TestPeer, usePeers, writeFiles } from './support/start-test-peer.ts';

const folder = temporaryFolder();
const startPeer = usePeers();

function shareOf(name: string): { share: string; stateFolder: string } {
  const share = join(folder, name);
  mkdirSync(share);
  return { share, stateFolder: join(folder, `${name}-state`) };
}

/** What a peer said it skips, by the last part of the path. */
function skipped({ events }: TestPeer): Record<string, string> {
  return Object.fromEntries(
    events.flatMap((event) =>
      event.type === 'skipped' ? [[event.path.slice(event.path.lastIndexOf('/') + 1), event.problem]] : [],
    ),
  );
}

describe('a scan', () => {
  test('shares files in all folders, and leaves out what a pattern says and what a download works with', async () => {
    const { share, stateFolder } = shareOf('plain');
    writeFiles(share, {
      'a.txt': 'a',
      'b/c/d.txt': 'd',
      '.hidden/.e': 'e',
      'x.tmp': '',
      'b/y.tmp': '',
      'node_modules/m/index.js': '',
      'b/logs/1.txt': '',
      'iso.cardume-part': '',
      'iso.cardume-journal': '',
      'iso.cardume-lock': '',
    });
    const running = await startPeer({
      paths: [share],
      stateFolder,
      exclude: ['*.tmp', 'node_modules', 'b/logs/**'],
    });
    expect(await sharedNames(running.client)).toEqual(['.hidden/.e', 'a.txt', 'b/c/d.txt']);
    expect(skipped(running)).toEqual({});
  });

  test('shares a link to a file in the folder, and reports every other link', async () => {
    const { share, stateFolder } = shareOf('links');
    writeFiles(folder, { 'secret.txt': 'secret', 'links-beside/x': 'x' });
    writeFiles(share, { 'sub/real.txt': 'real' });
    symlinkSync('sub/real.txt', join(share, 'inside'));
    symlinkSync(join(folder, 'secret.txt'), join(share, 'outside'));
    symlinkSync(join(folder, 'links-beside/x'), join(share, 'beside'));
    symlinkSync('sub', join(share, 'to-folder'));
    symlinkSync('..', join(share, 'sub/circle'));
    symlinkSync('nothing', join(share, 'dangling'));
    symlinkSync('loop', join(share, 'loop'));
    const running = await startPeer({ paths: [share], stateFolder });
    expect(await sharedNames(running.client)).toEqual(['inside', 'sub/real.txt']);
    expect((await downloadBytes(running.client, { name: 'inside' })).toString()).toBe('real');
    expect(skipped(running)).toEqual({
      outside: 'it is a symbolic link out of the shared folder',
      beside: 'it is a symbolic link out of the shared folder',
      'to-folder': 'it is a symbolic link to a folder',
      circle: 'it is a symbolic link to a folder',
      dangling: 'it is a symbolic link whose target cannot be read: it does not exist',
      loop: 'it is a symbolic link whose target cannot be read: its symbolic links lead in a circle',
    });
    expect((await failureOf(() => downloadBytes(running.client, { name: 'outside' }))).reason).toBe('FILE_NOT_SHARED');
  });

  test('reports pipes and sockets, and does not wait for them', async () => {
    const { share, stateFolder } = shareOf('special');
    writeFiles(share, { file: 'x' });
    execFileSync('mkfifo', [join(share, 'pipe')]);
    const server = createServer().listen(join(share, 'socket'));
    await until('the socket', () => server.listening);
    const running = await startPeer({ paths: [share], stateFolder });
    server.close();
    expect(await sharedNames(running.client)).toEqual(['file']);
    expect(skipped(running)).toEqual({
      pipe: 'it is a pipe, a socket or a device',
      socket: 'it is a pipe, a socket or a device',
    });
  });

  test('reports names that could harm whoever stores them, and says them harmlessly', async () => {
    const { share, stateFolder } = shareOf('names');
    writeFiles(share, {
      'good.txt': '',
      'back\\slash': '',
      'CON.txt': '',
      'aux/in a device folder': '',
      'steers \u001b[31m': '',
      'turned \u202etxt.exe': '',
    });
    writeFileSync(Buffer.concat([Buffer.from(`${share}/not utf-8 `), Buffer.from([0xff])]), '');
    const running = await startPeer({ paths: [share], stateFolder });
    expect(await sharedNames(running.client)).toEqual(['good.txt']);
    expect(skipped(running)).toEqual({
      'back\\slash': 'it has a backslash',
      'CON.txt': 'a part of it is a device name of Windows',
      aux: 'a part of it is a device name of Windows',
      'steers \\u{1b}[31m': 'it has control characters',
      'turned \\u{202e}txt.exe': 'it has characters that change the direction of text',
      'not utf-8 \ufffd': 'its name on the disk is not valid UTF-8',
    });
  });

  test('shares one of two names that differ only in their Unicode form, and reports the other', async () => {
    const { share, stateFolder } = shareOf('forms');
    writeFiles(share, { 'e\u0301': 'decomposed', '\u00e9': 'composed' });
    const running = await startPeer({ paths: [share], stateFolder });
    expect(await sharedNames(running.client)).toEqual(['\u00e9']);
    expect((await downloadBytes(running.client, { name: '\u00e9' })).toString()).toBe('decomposed');
    expect(skipped(running)).toEqual({ '\u00e9': expect.stringContaining('another file has the same name') });
  });

  test('never shares the state of the peer, wherever it is', async () => {
    const { share } = shareOf('state');
    writeFiles(share, { file: 'x' });
    mkdirSync(join(share, 'own'));
    symlinkSync('own/peer.db', join(share, 'link'));
    const running = await startPeer({ paths: [share], stateFolder: join(share, 'own') });
    expect(await sharedNames(running.client)).toEqual(['file']);
    expect(skipped(running)).toEqual({});
  });
});

test('a file or folder that the user may not read is reported, and the rest is shared', async () => {
  // Root reads everything, so the peer runs as a user without rights in a process of its own.
  const { share, stateFolder } = shareOf('unreadable');
  writeFiles(share, { 'open.txt': 'open', 'closed.txt': 'closed', 'closed/in it.txt': 'x', 'sub/open.txt': 'open' });
  mkdirSync(stateFolder);
  for (const path of [folder, share, join(share, 'sub'), stateFolder]) chmodSync(path, 0o777);
  chmodSync(join(share, 'closed.txt'), 0o000);
  chmodSync(join(share, 'closed'), 0o000);
  const script = join(import.meta.dirname, 'support/share-once.ts');
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const output = execFileSync(process.execPath, [script, stateFolder, share], { ...asNobody, encoding: 'utf8' });
  expect(JSON.parse(output)).toEqual({
    names: ['open.txt', 'sub/open.txt'],
    skipped: [
      { path: join(share, 'closed'), problem: 'this user may not read it' },
      { path: join(share, 'closed.txt'), problem: 'this user may not read it' },
    ],
  });
});

describe('several paths', () => {
  test('are shared under their own names', async () => {
    const { share, stateFolder } = shareOf('several');
    writeFiles(share, { 'one/a': '1', 'two/a': '2', 'three.txt': '3', 'one/b/c': '4' });
    const paths = ['one', 'two', 'three.txt'].map((name) => join(share, name));
    const { client } = await startPeer({ paths, stateFolder });
    expect(await sharedNames(client)).toEqual(['one/a', 'one/b/c', 'three.txt', 'two/a']);
    expect((await client.listFilesPage(1)).shareName).toBe('3 files and folders');
  });

  test('of one name are refused, and both are named', async () => {
    const { share, stateFolder } = shareOf('colliding');
    writeFiles(share, { 'a/same/x': '', 'b/same': '' });
    const failure = await failureOf(() =>
      startPeer({ paths: [join(share, 'a/same'), join(share, 'b/same')], stateFolder }),
    );
    expect(failure.reason).toBe('INVALID_FIELD');
    expect(failure.message).toContain(join(share, 'a/same'));
    expect(failure.message).toContain(join(share, 'b/same'));
  });

  test('one file alone is shared under its name', async () => {
    const { share, stateFolder } = shareOf('single');
    writeFiles(share, { 'one.txt': '1', 'other.txt': '2' });
    const { client } = await startPeer({ paths: [join(share, 'one.txt')], stateFolder });
    expect(await sharedNames(client)).toEqual(['one.txt']);
  });
});

test.each([
  ['does not exist', (share: string) => [join(share, 'nothing')]],
  ['is a device', () => ['/dev/null']],
])('a start fails when the path %s', async (_, paths) => {
  const failure = await failureOf(() =>
    startPeer({ paths: paths(folder), stateFolder: join(folder, 'never-used-state') }),
  );
  expect(failure.reason).toBe('INVALID_FIELD');
});
