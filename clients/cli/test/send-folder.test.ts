// Folders of small files that are sent to several real receivers at once.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { until } from '../../../tests/support/until.ts';
import { jsonLines, startReceiver as receiverOf } from './support/receivers.ts';

const cardume = cardumeCommand();
let index: string;

beforeAll(async () => {
  index = (await cardume.startIndex()).address;
});

const startReceiver = (name: string, flags?: string[]) => receiverOf(cardume, index, name, flags);
const startSend = (args: string[]) => cardume.start(['send', ...args, '--index', index, '--json']);

/** Writes a folder of files of which no two are the same. @returns its bytes in all */
function writeFolder(name: string, count: number, sizeBytes: number): number {
  for (let at = 0; at < count; at++) {
    const folder = join(cardume.folder, name, `part-${at % 9}`);
    mkdirSync(folder, { recursive: true });
    const seed = createHash('sha256').update(`${name} ${at}`).digest();
    writeFileSync(join(folder, `${at}.bin`), Buffer.alloc(sizeBytes, seed));
  }
  return count * sizeBytes;
}

function filesIn(path: string): string[] {
  const entries = existsSync(path) ? readdirSync(path, { recursive: true, withFileTypes: true }) : [];
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Throws where a folder did not come as it was sent. */
function expectSame(inbox: string, name: string): void {
  const sent = filesIn(join(cardume.folder, name));
  expect(filesIn(join(inbox, name))).toHaveLength(sent.length);
  for (const path of sent) {
    const came = join(inbox, path.slice(cardume.folder.length));
    expect([path, readFileSync(came).equals(readFileSync(path))]).toEqual([path, true]);
  }
}

/** All that lies where the command works and in its home, but for what is in some inboxes, and compiled code. */
function foundBeside(inboxes: readonly string[]): string[] {
  const found = readdirSync(cardume.folder, { recursive: true }).map(String).sort();
  return found.filter((path) => !inboxes.includes(path.split('/')[0] ?? '') && !path.startsWith('home/.cache/'));
}

const resultOf = (stdout: string) => jsonLines(stdout).find(({ type }) => type === 'result');

/** How much the receivers have, as the sender was told last. */
function toldBytes(stdout: string, peer: string): number {
  const told = jsonLines(stdout).filter((line) => line.type === 'progress' && line.peer === peer);
  return Math.max(0, ...told.map(({ verifiedBytes }) => Number(verifiedBytes)));
}

describe('cardume send, a folder of small files', () => {
  test('to four at once: it gives each file about once, and they give them to each other', async () => {
    const totalBytes = writeFolder('album', 400, 50 * 1024);
    const receivers = await Promise.all(['one', 'two', 'three', 'four'].map((name) => startReceiver(name)));
    const sending = startSend(['album', 'one,two,three,four', '--limit-up', '8MB/s']);
    expect(await sending.waitForEnd()).toMatchObject({ code: 0 });
    for (const { inbox } of receivers) expectSame(inbox, 'album');
    const result = resultOf(sending.stdout);
    expect(result).toMatchObject({ sent: 4, refused: 0, failed: 0 });
    expect(Number(result?.givenBytes)).toBeGreaterThanOrEqual(totalBytes);
    // Without each other it would be four times as much. On a busy machine it is more than once.
    expect(Number(result?.givenBytes)).toBeLessThan(2 * totalBytes);
    const again = startSend(['album', 'one,two,three,four']);
    expect(await again.waitForEnd()).toMatchObject({ code: 0 });
    expect(Number(resultOf(again.stdout)?.givenBytes)).toBeLessThan(0.1 * totalBytes);
    await Promise.all(receivers.map(({ process }) => process.stop()));
  });

  test('goes on from what is there when a receiver is killed half way and started again', async () => {
    const totalBytes = writeFolder('tape', 300, 40 * 1024);
    const [steady, killed] = await Promise.all([startReceiver('steady'), startReceiver('killed')]);
    const sending = startSend(['tape', 'steady,killed', '--limit-up', '2MB/s']);
    await until('half of it to be there', () => toldBytes(sending.stdout, 'killed') > totalBytes / 2);
    killed.process.kill('SIGKILL');
    await killed.process.waitForEnd();
    expect(existsSync(join(killed.inbox, 'tape'))).toBe(false);
    const kept = filesIn(join(killed.inbox, '.cardume-incoming')).length;
    expect(kept).toBeGreaterThan(100);
    const before = sending.stdout.length;
    const again = await startReceiver('killed');
    expect(await sending.waitForEnd()).toMatchObject({ code: 0 });
    for (const { inbox } of [steady, again]) {
      expectSame(inbox, 'tape');
      expect(readdirSync(join(inbox, '.cardume-incoming'))).toEqual([]);
    }
    // What is told of it first is what it had, and no file is given for a third time.
    const told = jsonLines(sending.stdout.slice(before)).filter(
      ({ type, peer, verifiedBytes }) => type === 'progress' && peer === 'killed' && Number(verifiedBytes) > 0,
    );
    if (told.length > 0) expect(Number(told[0]?.verifiedBytes)).toBeGreaterThanOrEqual((kept - 1) * 40 * 1024);
    expect(Number(resultOf(sending.stdout)?.givenBytes)).toBeLessThan(1.8 * totalBytes);
    await Promise.all([steady, again].map(({ process }) => process.stop()));
  });

  test('interrupted, it says who had not finished, and leaves nothing; run again, it goes on', async () => {
    const totalBytes = writeFolder('scans', 200, 30 * 1024);
    const receivers = await Promise.all(['left', 'right'].map((name) => startReceiver(name)));
    const before = foundBeside(['left', 'right']);
    const args = ['send', 'scans', 'left,right', '--limit-up', '1MB/s', '--index', index];
    const sending = cardume.start(args);
    await until('some of it to be there', () => filesIn(join(cardume.folder, 'left')).length > 40);
    sending.kill('SIGINT');
    expect(await sending.waitForEnd()).toMatchObject({ code: 130 });
    for (const name of ['left', 'right']) {
      expect(sending.stderr).toMatch(
        new RegExp(`^scans/ to ${name}: failed: .* not finished there; that peer has .* of 6\\.14 MB`, 'm'),
      );
    }
    expect(sending.stderr).toMatch(/0 sent, 0 refused, 2 failed; .* given from here\./);
    expect(foundBeside(['left', 'right'])).toEqual(before);
    const peers = jsonLines((await cardume.run(['peers', '--index', index, '--json'])).stdout);
    expect(peers.filter(({ shareName }) => !['left', 'right'].includes(String(shareName)))).toEqual([]);
    for (const { inbox } of receivers) expect(existsSync(join(inbox, 'scans'))).toBe(false);
    const again = startSend(['scans', 'left,right']);
    expect(await again.waitForEnd()).toMatchObject({ code: 0 });
    for (const { inbox } of receivers) expectSame(inbox, 'scans');
    expect(Number(resultOf(again.stdout)?.givenBytes)).toBeLessThan(totalBytes);
    await Promise.all(receivers.map(({ process }) => process.stop()));
  });

  test('says why a receiver refuses it, and sends it to the others', async () => {
    writeFolder('photos', 30, 20 * 1024);
    const receivers = await Promise.all([
      startReceiver('open'),
      startReceiver('small', ['--yes', '--quota', '500kB']),
      startReceiver('texts', ['--yes', '--types', 'txt']),
    ]);
    const ended = await cardume.run(['send', 'photos', 'open,small,texts', '--index', index]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^photos\/ to open: is there, verified$/m);
    expect(ended.stderr).toMatch(/photos\/ to small: refused: the inbox of this peer has no room for that now/);
    expect(ended.stderr).toMatch(/photos\/ to texts: refused: this peer takes only files of these types: txt/);
    for (const name of ['small', 'texts']) expect(filesIn(join(cardume.folder, name))).toEqual([]);
    await Promise.all(receivers.map(({ process }) => process.stop()));
  });

  test('to a tag: one that has left is not asked, and one that is away is waited for, and then told of', async () => {
    writeFolder('maps', 30, 20 * 1024);
    const [there, gone, left] = await Promise.all(
      ['there', 'gone', 'left-before'].map((name) => startReceiver(name, ['--yes', '--tag', 'atlas'])),
    );
    await left?.process.stop();
    gone?.process.kill('SIGKILL');
    await gone?.process.waitForEnd();
    const ended = await cardume.run(['send', 'maps', 'atlas', '--wait', '1s', '--index', index, '--json']);
    expect(ended.code).toBe(1);
    const ends = jsonLines(ended.stdout).filter(({ type }) => type === 'sent' || type === 'failed');
    expect(ends).toHaveLength(2);
    expect(ends).toContainEqual(expect.objectContaining({ type: 'sent', peer: 'there' }));
    expect(ends).toContainEqual(expect.objectContaining({ type: 'failed', peer: 'gone', reason: 'UNREACHABLE' }));
    expectSame(there?.inbox ?? '', 'maps');
    await there?.process.stop();
  });
});
