// The machine is not as it should be: the command says so in words, and ends with 1.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { type CommandResult, runCommand } from '../../../tests/support/run-command.ts';

const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);

/** Runs the command after some lines of bash; redirections can follow it. */
function runIn(before: string, args: readonly string[], redirections = ''): Promise<CommandResult> {
  const script = `${before}\nexec "$@" ${redirections}`;
  const { folder: cwd, env } = cardume;
  return runCommand('bash', ['-ec', script, 'bash', process.execPath, ...cardume.nodeArgs(args)], { cwd, env });
}

beforeAll(async () => {
  mkdirSync(path('shared'));
  writeFileSync(path('shared', 'small.bin'), 'a small file');
  const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
  cardume.env.CARDUME_INDEX = address;
  await cardume.startShare(['shared'], []);
});

const fullDevice = { name: '/dev/full', command: existsSync('/dev/full') ? '/dev/full' : undefined };
describeWith(fullDevice, 'results that cannot be written', (full) => {
  const words = /^cardume: cannot write to standard output: ENOSPC/m;

  test.each([
    [['--help']],
    [['search', 'small']],
    [['search', 'small', '--json']],
    [['get', 'small.bin', '-o', 'first']],
    [['get', 'small.bin', '-o', 'second', '--json']],
    [['share', 'shared', '--json', '--state', 'state']],
  ])('end %j with 1', async (args) => {
    const { code, stderr } = await runIn('', args, `> ${full}`);
    expect(code).toBe(1);
    expect(stderr.match(new RegExp(words, 'gm'))).toHaveLength(1);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  test('are all that counts: what is said besides them may be lost', async () => {
    const { code, stdout } = await runIn('', ['get', 'small.bin', '-o', 'quiet'], `2> ${full}`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'quiet/small.bin\n' });
  });
});

describe('in a folder that was removed', () => {
  const removed = 'mkdir removed; cd removed; rmdir ../removed';

  test('help and searches work', async () => {
    expect(await runIn(removed, ['--help'])).toMatchObject({ code: 0, stderr: '' });
    expect(await runIn(removed, ['search', 'small'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('get says so, and that another folder can be named', async () => {
    const { code, stdout, stderr } = await runIn(removed, ['get', 'small.bin']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^cardume: the folder that this runs in is there no more; .*--output.*\n$/);
    const elsewhere = await runIn(removed, ['get', 'small.bin', '-o', path('elsewhere')]);
    expect(elsewhere).toMatchObject({ code: 0, stdout: `${path('elsewhere', 'small.bin')}\n` });
  });
});

describe('a config file that cannot be read', () => {
  const variables = (): NodeJS.ProcessEnv => ({ ...cardume.env, XDG_CONFIG_HOME: path('config') });
  beforeAll(() => void mkdirSync(path('config', 'cardume', 'config.json'), { recursive: true }));

  test('is named by every command that it would speak to', async () => {
    const { code, stdout, stderr } = await cardume.run(['search', 'small'], { env: variables() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`the config file ${path('config', 'cardume', 'config.json')} cannot be read (EISDIR)`);
  });

  test.each([[['--help']], [['get', '--help']], [['--version']]])('does not keep %j from working', async (args) => {
    expect(await cardume.run(args, { env: variables() })).toMatchObject({ code: 0, stderr: '' });
  });
});

test('a user without a home can search', async () => {
  for (const HOME of ['', 'relative']) {
    expect(await cardume.run(['search', 'small'], { env: { ...cardume.env, HOME } })).toMatchObject({ code: 0 });
  }
  expect(existsSync(path('relative'))).toBe(false);
});
