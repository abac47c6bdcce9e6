import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);

test('watch prints what is shared and shared no more, waits for an index that was killed, and misses nothing', async () => {
  mkdirSync(path('left'));
  writeFileSync(path('left', 'first.iso'), 'one');
  const database = ['--database', `sqlite:${path('index.db')}`];
  const index = await cardume.startIndex(database);
  cardume.env.CARDUME_INDEX = index.address;
  const watch = cardume.start(['watch', 'ext:iso']);
  await until('it to watch', () =>
    watch.stderr.includes(`Watching index ${index.address} for ext:iso; Ctrl-C ends it.`),
  );
  const { process: share, peerId, address } = await cardume.startShare(['left'], ['--name', 'the left']);
  const peer = peerId.slice(0, 12);
  await until('what is shared', () => watch.stdout.includes('first.iso'));
  expect(watch.stdout).toMatch(
    new RegExp(`^joined  ${peer}  ${address}  the left\\nshared  ${peer}  first\\.iso  3 B  [0-9a-f]{12}\\n$`),
  );

  writeFileSync(path('left', 'other.txt'), 'x');
  rmSync(path('left', 'first.iso'));
  await until('what is gone', () => /^gone +[0-9a-f]{12} {2}first\.iso/m.test(watch.stdout));
  index.process.kill('SIGKILL');
  await until('it to wait', () => watch.stderr.includes('waiting for it.'));
  writeFileSync(path('left', 'second.iso'), 'two');
  await cardume.startIndex([...database, '--listen', index.address]);
  await until('what was shared meanwhile', () => watch.stdout.includes('second.iso'));
  expect(watch.stderr).toContain(`index ${index.address} is back.`);
  share.kill('SIGINT');
  await until('the goodbye', () => watch.stdout.includes(`left    ${peer}  said goodbye`));
  expect(watch.stdout).not.toContain('other.txt');
  watch.kill('SIGINT');
  expect(await watch.waitForEnd()).toEqual({ code: 130, signal: null });
});

test('watch --json prints an object for each change, and --since goes on after one of them', async () => {
  const index = await cardume.startIndex();
  const args = ['watch', '--json', '--index', index.address];
  const watch = cardume.start(args);
  await until('it to watch', () => watch.stderr.includes('Watching'));
  mkdirSync(path('right'));
  writeFileSync(path('right', 'a'), 'a');
  await cardume.startShare(['right'], ['--index', index.address]);
  const first = await watch.waitForObject('peer-joined');
  const second = await watch.waitForObject('list-changed');
  expect(second).toMatchObject({
    peerId: first.peerId,
    added: [{ name: 'a', sizeBytes: 1 }, { name: 'right' }],
    removed: [],
  });
  const again = cardume.start([...args, '--since', String(first.resumeToken)]);
  expect(await again.waitForObject('list-changed')).toEqual(second);
  expect(again.stdout).not.toContain('peer-joined');
  const { code, stderr } = await cardume.run([...args, '--since', 'nonsense']);
  expect(code).toBe(2);
  expect(stderr).toContain('resume_token');
});
