// `get -o -`: what other programs read of a pipe, as a user has it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { type CommandResult, runCommand } from '../../../tests/support/run-command.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { until } from '../../../tests/support/until.ts';

// Taken out of its object once: inside jest's realms each look-up of a global is slow.
const { imul } = Math;
const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);
// Larger than what is looked ahead, and no piece like another.
const content = Buffer.alloc(150_000_000);
let peerAddress = '';
const usual = { env: cardume.env, cwd: cardume.folder };

/** Runs `cardume ARGS | READER` in bash; what it ends with is the code of `cardume`, and it writes that of the reader. */
function pipeInto(reader: string, args: readonly string[]): Promise<CommandResult> {
  const line = `"$@" | ${reader}; codes=("\${PIPESTATUS[@]}"); echo "reader \${codes[1]}"; exit "\${codes[0]}"`;
  return runCommand('bash', ['-c', line, 'bash', process.execPath, ...cardume.nodeArgs(args)], usual);
}

/** Runs it on a terminal of its own. */
async function onTerminal(args: readonly string[]): Promise<CommandResult> {
  const command = [process.execPath, ...cardume.nodeArgs(args)].map((word) => `'${word}'`).join(' ');
  return runCommand('script', ['-qec', command, '/dev/null'], usual);
}

beforeAll(async () => {
  for (let at = 0; at < content.length; at += 4) content.writeUInt32LE(imul(at, 2_654_435_761) >>> 0, at);
  for (const folder of ['one', 'two', 'slow']) mkdirSync(path(folder));
  for (const folder of ['one', 'two']) writeFileSync(path(folder, 'big.bin'), content);
  writeFileSync(path('slow', 'rare.bin'), content.subarray(4));
  writeFileSync(path('one', 'small.txt'), 'a small file\n');
  writeFileSync(path('one', 'empty'), '');
  const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
  cardume.env.CARDUME_INDEX = address;
  ({ address: peerAddress } = await cardume.startShare(['one'], ['--state', path('one-state')]));
  await cardume.startShare(['two'], ['--state', path('two-state')]);
}, 60_000);

describe('get -o -', () => {
  test('gives a file larger than what is looked ahead to a pipe, from two that have it, and says so beside', async () => {
    const { code, stdout, stderr } = await pipeInto('cmp - one/big.bin', ['get', 'big.bin', '-o', '-']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'reader 0\n' });
    expect(stderr).toMatch(/big\.bin: 150 MB in .*, verified, from 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+\n$/);
  });

  test('gives small and empty files, and with --json all but their bytes is told on standard error', async () => {
    const { code, stdout, stderr } = await cardume.run(['get', 'small.txt', '--output', '-', '--json']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a small file\n' });
    const objects = stderr.trimEnd().split('\n');
    expect(JSON.parse(objects.at(-1) ?? '')).toMatchObject({ type: 'result', name: 'small.txt', sizeBytes: 13 });
    expect(await cardume.run(['get', 'empty', '-o', '-'])).toMatchObject({ code: 0, stdout: '' });
  });

  test('takes from a peer that is named, and keeps to a rate', async () => {
    const args = [
      'get',
      'big.bin',
      '-o',
      '-',
      '--from',
      peerAddress,
      '--limit-down',
      '200MB/s',
      '--index',
      '127.0.0.1:1',
    ];
    expect(await pipeInto('cmp - one/big.bin', args)).toMatchObject({ code: 0, stdout: 'reader 0\n' });
  });

  test('ends with 141 and no word of it when its reader has enough, as cat does', async () => {
    const { code, stdout, stderr } = await pipeInto('head -c 4 | wc -c', ['get', 'big.bin', '-o', '-', '--json']);
    expect([code, stdout.split('\n')[0]?.trim()]).toEqual([141, '4']);
    expect(stderr).not.toMatch(/error|cardume:|Interrupted/);
  });

  test('of a file that nobody has ends with 3 and nothing on standard output', async () => {
    const { code, stdout, stderr } = await cardume.run(['get', 'none.bin', '-o', '-', '--json']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/"type":"error".*FILE_NOT_SHARED/);
  });

  test('of a folder says what can be done', async () => {
    const { code, stdout, stderr } = await cardume.run(['get', 'one/', '-o', '-']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/one\/ is a folder, .*name one of its files/);
  });

  test('writes to no terminal unless it must', async () => {
    const { code, stdout } = await onTerminal(['get', 'small.txt', '-o', '-']);
    expect(code).toBe(2);
    expect(stdout).toMatch(/standard output is a terminal, .*--force/);
    expect(stdout).not.toMatch(/a small file/);
    expect((await onTerminal(['get', 'small.txt', '-o', '-', '--force'])).stdout).toMatch(/a small file\r\n/);
  });
});

describe('get -o - that does not get to the end', () => {
  const slowPeer = () => cardume.startShare(['slow'], ['--limit-up', '10MB/s', '--state', path('slow-state')]);
  const slowGet = ['get', 'rare.bin', '-o', '-', '--json', '--wait', '1s'];
  const hasBegun = /"verifiedBytes":[1-9]\d{6}/;

  test('ends with 1 and an error when its last source dies, and what came is right', async () => {
    const { process: peer } = await slowPeer();
    const line = `"$@" > cut.bin; echo "code $?"`;
    const get = startProcess('bash', ['-c', line, 'bash', process.execPath, ...cardume.nodeArgs(slowGet)], usual);
    await get.waitForLine(hasBegun);
    peer.kill('SIGKILL');
    await get.waitForEnd();
    expect(get.stdout).toBe('code 1\n');
    expect(get.stderr).toMatch(/rare\.bin: none of its holders could give the rest:/);
    expect(get.stderr).toMatch(/it ends after \d+ of 149999996 bytes/);
    const { stdout, stderr } = await runCommand('cmp', ['cut.bin', 'slow/rare.bin'], usual);
    expect(`${stdout}${stderr}`).toMatch(/EOF on cut\.bin after byte [1-9]/);
  });

  test('ends with 130 on Ctrl-C, also while its reader takes nothing', async () => {
    const { process: peer } = await slowPeer();
    const get = spawn(process.execPath, cardume.nodeArgs(slowGet), { ...usual, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    get.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await until('some of it to be there', () => hasBegun.test(stderr));
    get.kill('SIGINT');
    // Its pipe is full to the last, for nobody reads it here.
    const [code] = await once(get, 'exit');
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringMatching(/Interrupted: .* of rare\.bin were written/),
    });
    get.stdout.destroy();
    await peer.stop();
  });
});
