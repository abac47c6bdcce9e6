// The command as a user runs it: a share with upload slots, and who waits for one.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);
const content = Buffer.alloc(16_000_000);

interface Progress {
  type: string;
  sources: { address: string; queuePosition: number | null }[];
}

beforeAll(async () => {
  for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  mkdirSync(path('shared'));
  writeFileSync(path('shared', 'big.bin'), content);
  writeFileSync(path('shared', 'small.txt'), 'small');
  const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
  cardume.env.CARDUME_INDEX = address;
  await cardume.startShare(
    ['shared'],
    ['--slots', '1', '--limit-up', '3MB/s', '--limit-up-each', '2MB/s,00:00-23:59=3MB/s'],
  );
});

test('who waits is told the place, and gets the file later; a small one comes meanwhile', async () => {
  const get = (name: string, folder: string) =>
    cardume.run(['get', name, '-o', folder, '--no-share', '--no-copy', '--json']);
  const hasEnded: string[] = [];
  const first = get('big.bin', 'first').finally(() => hasEnded.push('first'));
  await until('the first one to write', () => {
    try {
      return readFileSync(path('first', 'big.bin.cardume-part')).length > 0;
    } catch {
      return false;
    }
  });
  const second = get('big.bin', 'second');
  const small = await get('small.txt', 'second');
  expect(small.code).toBe(0);
  expect(hasEnded).toEqual([]);
  const { code, stdout } = await second;
  expect([(await first).code, code]).toEqual([0, 0]);
  expect(readFileSync(path('second', 'big.bin')).equals(content)).toBe(true);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line): Progress => JSON.parse(line));
  const places = lines.flatMap(({ type, sources }) =>
    type === 'progress' ? sources.map(({ queuePosition }) => queuePosition) : [],
  );
  expect(places).toContain(1);
  // When bytes come, it waits no more.
  expect(places.at(-1)).toBeNull();
});
