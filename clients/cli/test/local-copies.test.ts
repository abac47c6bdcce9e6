// One user on one machine: what is shared here, or was begun to be got here, is not fetched again.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import type { CommandResult } from '../../../tests/support/run-command.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand({}, { copies: true });
const path = (...parts: string[]): string => join(cardume.folder, ...parts);
const stateFolder = path('home', '.local', 'state', 'cardume');

/** Sizes of the files in `models`: one that is not noted, two that come in one request otherwise, two large ones. */
const sizes = { tiny: 1_000, small: 70_000, 'deep/small': 900_000, large: 5_000_000, 'deep/large': 12_345_678 };
const totalBytes = Object.values(sizes).reduce((sum, size) => sum + size);

interface Result {
  copiedBytes: number;
  receivedBytes: number;
  resumedBytes: number;
  folder?: { fileCount: number; unchangedCount: number; copiedCount: number; fetchedCount: number };
}

function resultsOf({ code, stdout }: CommandResult): Result[] {
  expect(code).toBe(0);
  const objects = stdout
    .trim()
    .split('\n')
    .map((line): Result & { type: string } => JSON.parse(line));
  return objects.filter(({ type }) => type === 'result');
}

/** A user with nothing in the catalogue, on the same network. */
const otherUser = (name: string): { env: NodeJS.ProcessEnv } => ({
  env: { ...cardume.env, XDG_STATE_HOME: path(name) },
});

/** Paths that the catalogue has. */
function noted(folder = stateFolder): string[] {
  const database = new DatabaseSync(join(folder, 'copies.db'));
  try {
    return database
      .prepare('SELECT path FROM copies')
      .all()
      .map((row) => String(row.path));
  } finally {
    database.close();
  }
}

const isSame = (name: string, ...copy: string[]): boolean =>
  readFileSync(path('models', name)).equals(readFileSync(path(...copy)));

beforeAll(async () => {
  mkdirSync(path('models', 'deep'), { recursive: true });
  for (const [at, [name, size]] of Object.entries(sizes).entries()) {
    const words = Uint32Array.from({ length: Math.ceil(size / 4) }, (_, word) =>
      Math.imul(word + at * 1e7, 2_654_435_761),
    );
    writeFileSync(path('models', name), Buffer.from(words.buffer, 0, size));
  }
  const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
  cardume.env.CARDUME_INDEX = address;
  await cardume.startShare(['models'], []);
  await until('the shared files to be noted', () => noted().length === 4);
});

describe('what is in a shared folder', () => {
  test('is copied when one file is got, and it is told so', async () => {
    const { code, stderr } = await cardume.run(['get', 'deep/large', '-o', 'told']);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/large: 12\.3 MB \(copied from this machine\) in .*, verified\n$/),
    ]);
    expect(isSame('deep/large', 'told', 'large')).toBe(true);
    const [result] = resultsOf(await cardume.run(['get', 'small', '-o', 'told', '--json']));
    expect(result).toMatchObject({ copiedBytes: sizes.small, receivedBytes: 0 });
    expect(isSame('small', 'told', 'small')).toBe(true);
    expect(noted()).toEqual(expect.arrayContaining([path('told', 'large'), path('told', 'small')]));
  });

  test('is copied when several are', async () => {
    const names = ['tiny', 'small', 'large'];
    const results = resultsOf(await cardume.run(['get', ...names, '-o', 'several', '--json']));
    expect(results.map(({ copiedBytes, receivedBytes }) => [copiedBytes, receivedBytes]).sort()).toEqual(
      [
        [0, sizes.tiny],
        [sizes.small, 0],
        [sizes.large, 0],
      ].sort(),
    );
    for (const name of names) expect(isSame(name, 'several', name)).toBe(true);
  });

  test('is copied when the folder is, but for its smallest files', async () => {
    const [result] = resultsOf(await cardume.run(['get', 'models/', '-o', 'folder', '--json']));
    expect(result).toMatchObject({
      copiedBytes: totalBytes - sizes.tiny,
      receivedBytes: sizes.tiny,
      folder: { fileCount: 5, unchangedCount: 0, copiedCount: 4, fetchedCount: 1 },
    });
    for (const name of Object.keys(sizes)) expect(isSame(name, 'folder', 'models', name)).toBe(true);
    expect(readdirSync(path('folder', 'models')).sort()).toEqual(['deep', 'large', 'small', 'tiny']);
  });

  test.each([['large'], ['models/']])('is fetched with --no-copy, %s, and nothing of it is noted', async (name) => {
    const output = `fetched-${name.length}`;
    const [result] = resultsOf(await cardume.run(['get', name, '-o', output, '--no-copy', '--json']));
    expect(result?.copiedBytes).toBe(0);
    expect(result?.receivedBytes).toBeGreaterThanOrEqual(sizes.large);
    expect(noted().filter((each) => each.startsWith(path(output)))).toEqual([]);
  });

  test('is fetched by another user, and what that one has got is copied from then on', async () => {
    const other = otherUser('other');
    for (const name of ['small', 'large'] as const) {
      const [first] = resultsOf(await cardume.run(['get', name, '-o', 'first', '--json'], other));
      expect(first).toMatchObject({ copiedBytes: 0, receivedBytes: sizes[name] });
      const [second] = resultsOf(await cardume.run(['get', name, '-o', 'second', '--json'], other));
      expect(second).toMatchObject({ copiedBytes: sizes[name], receivedBytes: 0 });
    }
    const inode = (folder: string): number => statSync(path(folder, 'large')).ino;
    expect(inode('first')).not.toBe(inode('second'));
  });

  test('of a folder that another user got, is copied by that one from then on', async () => {
    const other = otherUser('folders');
    const get = async (output: string): Promise<Result | undefined> =>
      resultsOf(await cardume.run(['get', 'models', '-o', output, '--json'], other))[0];
    expect(await get('folder-1')).toMatchObject({ copiedBytes: 0, folder: { copiedCount: 0, fetchedCount: 5 } });
    expect(await get('folder-2')).toMatchObject({
      receivedBytes: sizes.tiny,
      folder: { copiedCount: 4, fetchedCount: 1 },
    });
  });
});

test('what a get had when it was killed is copied by one into another folder', async () => {
  const other = otherUser('killed');
  Object.assign(cardume.env, other.env);
  const first = cardume.start(['get', 'deep/large', '-o', 'killed-1', '--limit-down', '4MB/s', '--json']);
  delete cardume.env.XDG_STATE_HOME;
  await until('some of it to come', () => /"verifiedBytes":[1-9]/.test(first.stdout));
  first.kill('SIGKILL');
  await first.waitForEnd();
  const [result] = resultsOf(await cardume.run(['get', 'deep/large', '-o', 'killed-2', '--json'], other));
  expect(result?.copiedBytes).toBeGreaterThan(0);
  expect(result?.receivedBytes).toBe(sizes['deep/large'] - (result?.copiedBytes ?? 0));
  expect(isSame('deep/large', 'killed-2', 'large')).toBe(true);
});

test('several that get a file at once all have it, and the catalogue knows of each', async () => {
  const other = otherUser('at-once');
  const outputs = ['at-once-1', 'at-once-2', 'at-once-3'];
  const gets = outputs.map((output) => cardume.run(['get', 'large', '-o', output, '--json'], other));
  for (const result of await Promise.all(gets)) resultsOf(result);
  for (const output of outputs) expect(isSame('large', output, 'large')).toBe(true);
  const paths = outputs.map((output) => path(output, 'large'));
  expect(noted(path('at-once', 'cardume')).sort()).toEqual(paths);
});

test('a catalogue that is damaged, or cannot be there, keeps nobody from getting and sharing', async () => {
  mkdirSync(path('damaged', 'cardume'), { recursive: true });
  writeFileSync(path('damaged', 'cardume', 'copies.db'), 'no database'.repeat(1_000));
  writeFileSync(path('no-folder'), '');
  for (const name of ['damaged', 'no-folder']) {
    const { code, stderr } = await cardume.run(['get', 'large', '-o', `${name}-out`], otherUser(name));
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^(large: \d+%.*\n)*large: 5\.00 MB in .*\n$/)]);
    expect(isSame('large', `${name}-out`, 'large')).toBe(true);
  }
  Object.assign(cardume.env, otherUser('damaged').env);
  await cardume.startShare(['told'], []);
  delete cardume.env.XDG_STATE_HOME;
});
