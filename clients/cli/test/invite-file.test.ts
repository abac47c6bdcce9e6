// An index that leaves its invite in a file, and those beside it that take it from there.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { failureOf } from '../../../tests/support/failure-of.ts';
import { readIndexFile } from '../src/adapters/read-index-file.ts';

const cardume = cardumeCommand();
const at = (...names: string[]): string => join(cardume.folder, ...names);
writeFileSync(at('a.txt'), 'hello');

/** Starts an index that is the authority of a network of its own. */
function secured(name: string, ...args: string[]) {
  const kept = ['--authority', at(name), '--database', `sqlite:${at(`${name}.db`)}`];
  return cardume.start(['index', '--listen', '127.0.0.1:0', '--json', ...kept, ...args]);
}

test('a share waits for the invite, says so, and joins once the index has left it there, for its owner only', async () => {
  const invite = at('volume', 'made', 'invite');
  const share = cardume.start(['share', 'a.txt', '--index', `file:${invite}`, '--json']);
  await share.waitForLine(/Waiting for .*invite, which is not there yet/);
  const index = secured('authority', '--invite-file', invite, '--host', 'localhost');
  const { invite: printed } = await index.waitForObject('listening');
  await share.waitForObject('joined');
  expect(readFileSync(invite, 'utf8')).toBe(`${printed}\n`);
  expect(statSync(invite).mode & 0o777).toBe(0o600);
  expect(readdirSync(at('volume', 'made'))).toEqual(['invite']);
  const found = await cardume.run(['search', 'a.txt', '--index', `file:${invite}`]);
  expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining('a.txt') });
});

test('Ctrl-C ends the waiting', async () => {
  const share = cardume.start(['share', 'a.txt', '--index', `file:${at('never')}`]);
  await share.waitForLine(/Waiting for/);
  share.kill('SIGINT');
  expect(await share.waitForEnd()).toEqual({ code: 130, signal: null });
  expect(share.stderr.trim().split('\n')).toHaveLength(1);
});

test('the waiting ends, and what only asks does not wait', async () => {
  const told: string[] = [];
  const wait = {
    timeoutMs: 300,
    signal: new AbortController().signal,
    onWaiting: () => told.push('waiting'),
    nowMs: () => performance.now(),
  };
  expect(await failureOf(() => readIndexFile(at('never'), wait))).toMatchObject({ reason: 'LOCAL_IO_FAILED' });
  expect(told).toEqual(['waiting']);
  const asked = await cardume.run(['search', 'a.txt', '--index', `file:${at('never')}`]);
  expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining(`${at('never')} is not there`) });
});

test('a file without an invite is refused at once, whoever waits', async () => {
  writeFileSync(at('empty'), '\n');
  const share = await cardume.run(['share', 'a.txt', '--index', `file:${at('empty')}`]);
  expect(share).toMatchObject({ code: 2, stderr: expect.stringContaining('neither an invite nor an address') });
});

test('an index without certificates has no invite to leave, and one that cannot leave it does not run', async () => {
  const plain = await cardume.run(['index', '--listen', '127.0.0.1:0', '--invite-file', at('invite')]);
  expect(plain).toMatchObject({ code: 2, stderr: expect.stringContaining('--authority FOLDER') });
  const index = secured('authority-2', '--invite-file', at('a.txt', 'invite'));
  expect(await index.waitForEnd()).toMatchObject({ code: 1 });
  expect(index.stderr).toContain(at('a.txt', 'invite'));
});

test('an invite whose token was rotated does not replace what an operator has put there', async () => {
  const invite = at('kept-invite');
  const first = secured('authority-3', '--invite-file', invite);
  await first.waitForObject('listening');
  const admin = `file:${at('authority-3', 'admin-invite')}`;
  expect(await cardume.run(['index', 'user', 'rotate', 'everyone', '--index', admin])).toMatchObject({ code: 0 });
  await first.stop();
  writeFileSync(invite, 'of the operator\n');
  const second = secured('authority-3', '--invite-file', invite);
  await second.waitForObject('listening');
  expect(second.stderr).toContain(`${invite} was left as it is`);
  expect(readFileSync(invite, 'utf8')).toBe('of the operator\n');
});
