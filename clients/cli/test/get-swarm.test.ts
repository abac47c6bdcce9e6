// The command as a user runs it, several at once: each shares what it has while the rest comes.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);
const content = Buffer.alloc(48_000_000);

interface Result {
  type: string;
  receivedBytes: number;
  sources: { address: string; verifiedBytes: number }[];
}

beforeAll(async () => {
  for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  mkdirSync(path('shared'));
  writeFileSync(path('shared', 'big.bin'), content);
  const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
  cardume.env.CARDUME_INDEX = address;
  await cardume.startShare(['shared'], ['--limit-up', '8MB/s']);
});

function resultOf(stdout: string): Result {
  const lines = stdout.trim().split('\n');
  return lines.map((line): Result => JSON.parse(line)).find(({ type }) => type === 'result') as Result;
}

test('two that get a file at once get parts of it from each other, and are found meanwhile as holders of a part', async () => {
  const gets = ['a', 'b'].map((folder) => cardume.run(['get', 'big.bin', '-o', folder, '--seed', '2s', '--json']));
  await until('a partial holder to be found', async () => {
    const { stdout } = await cardume.run(['search', 'big.bin', '--json']);
    return stdout.includes('"partial":true');
  });
  const done = await Promise.all(gets);
  expect(done.map(({ code }) => code)).toEqual([0, 0]);
  for (const folder of ['a', 'b']) expect(readFileSync(path(folder, 'big.bin')).equals(content)).toBe(true);
  for (const { sources } of done.map(({ stdout }) => resultOf(stdout))) {
    expect(sources.length).toBeGreaterThanOrEqual(2);
    const [fromSeed = 0] = sources.map(({ verifiedBytes }) => verifiedBytes);
    expect(fromSeed).toBeLessThan(content.length);
  }
});

test('one that is told not to share is nobody else’s holder', async () => {
  const get = cardume.run(['get', 'big.bin', '-o', 'c', '--no-share', '--json']);
  const { stdout } = await cardume.run(['peers', '--json']);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect((await get).code).toBe(0);
});
