// Folders, as a user of the command has them: real processes, real files, bytes compared.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { runCommand } from '../../../tests/support/run-command.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);
const fileCount = 10_000;
const fileBytes = 10_240;

interface FolderCounts {
  fileCount: number;
  unchangedCount: number;
  copiedCount: number;
  fetchedCount: number;
}

const differences = async (...folders: [string, string]): Promise<string> => {
  const { code, stdout } = await runCommand('diff', ['-r', path(folders[0]), path(folders[1])]);
  return `${code} ${stdout.slice(0, 500)}`;
};

function resultOf(stdout: string): { receivedBytes: number; folder: FolderCounts } {
  return JSON.parse(stdout.split('\n').find((line) => line.includes('"type":"result"')) ?? '{}');
}

beforeAll(async () => {
  const block = Buffer.alloc(fileBytes);
  for (let number = 0; number < fileCount; number += 1) {
    const folder = path('many', String(number % 100));
    if (number < 100) mkdirSync(folder, { recursive: true });
    block.fill(`file ${number} `);
    writeFileSync(join(folder, `${number}.bin`), block);
  }
  mkdirSync(path('many', 'empty'));
  const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
  cardume.env.CARDUME_INDEX = address;
  await cardume.startShare(['many'], []);
  // It has joined, and tells the rest of its list, of which a folder is the last.
  await until('the folder to be listed', async () => (await cardume.run(['search', '--exact', 'many'])).code === 0);
}, 120_000);

describe('10,000 files of 10 KiB in a folder', () => {
  test('come as one thing, and then are there', async () => {
    const { code, stdout, stderr } = await cardume.run(['get', 'many', '-o', 'out']);
    expect([code, stdout]).toEqual([0, 'out/many\n']);
    expect(stderr).toMatch(/many\/: 10,000 files, 102 MB in .*, verified, from 127\.0\.0\.1/);
    expect(await differences('many', 'out/many')).toBe('0 ');

    const again = await cardume.run(['get', 'many', '-o', 'out']);
    expect([again.code, again.stdout]).toEqual([0, 'out/many\n']);
    expect(again.stderr).toMatch(/many\/: 10,000 files, 102 MB, was there already, verified/);
  });

  test('go on after kill -9 from those that are there', async () => {
    const first = cardume.start(['get', 'many', '-o', 'killed', '--limit-down', '40MB/s', '--json']);
    const some = path('killed/many/20');
    await until('some files to be there', () => existsSync(some) && readdirSync(some).length > 50);
    first.kill('SIGKILL');
    await first.waitForEnd();
    const second = await cardume.run(['get', 'many', '-o', 'killed', '--json']);
    expect(second.code).toBe(0);
    const { receivedBytes, folder } = resultOf(second.stdout);
    expect(folder.unchangedCount).toBeGreaterThan(100);
    expect(folder.unchangedCount + folder.fetchedCount).toBe(fileCount);
    // Those that were being written when it was killed may come twice.
    expect(receivedBytes).toBeLessThanOrEqual((folder.fetchedCount + 20) * fileBytes);
    expect(await differences('many', 'killed/many')).toBe('0 ');
  });
});

describe('a folder in the command', () => {
  test('is found with a slash and how many files it has, and told so to programs', async () => {
    const { stdout } = await cardume.run(['search', 'empty']);
    expect(stdout).toMatch(/^many\/empty\/ \(0 files\) {2}/m);
    const { stdout: lines } = await cardume.run(['search', '--exact', 'many', '--json']);
    expect(JSON.parse(lines)).toMatchObject({
      name: 'many',
      folder: { fileCount, totalSizeBytes: fileCount * fileBytes },
    });
  });

  test('comes with files, under another name, or not at all', async () => {
    const both = await cardume.run(['get', 'many/empty/', '101.bin', '-o', 'both']);
    expect([both.code, both.stdout.split('\n').sort()]).toEqual([0, ['', 'both/101.bin', 'both/empty']]);
    const named = await cardume.run(['get', 'many/empty', '-o', 'both', '--name', 'hollow', '--json']);
    expect([named.code, readdirSync(path('both', 'hollow'))]).toEqual([0, []]);
    expect(resultOf(named.stdout).folder).toMatchObject({ fileCount: 0 });
    expect((await cardume.run(['get', '101.bin/', '-o', 'both'])).code).toBe(3);
  });

  test('of which files have other content is refused with their names and the next step, and then forced', async () => {
    await cardume.run(['get', 'many/7', '-o', 'own']);
    writeFileSync(path('own/7/7.bin'), 'mine');
    rmSync(path('own/7/107.bin'));
    const refused = await cardume.run(['get', 'many/7', '-o', 'own']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/1 of its files are there already with other content.*\n {2}7\.bin\n.*--force/);
    expect(readdirSync(path('own/7'))).toHaveLength(99);
    const forced = await cardume.run(['get', 'many/7', '-o', 'own', '--force', '--json']);
    expect(resultOf(forced.stdout)).toMatchObject({ receivedBytes: 2 * fileBytes, folder: { fetchedCount: 2 } });
    expect(await differences('many/7', 'own/7')).toBe('0 ');
  });
});
