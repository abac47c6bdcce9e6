import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { runCommand } from '../../../tests/support/run-command.ts';
import { startProcess } from '../../../tests/support/start-process.ts';
import { until } from '../../../tests/support/until.ts';

const cardume = cardumeCommand();
const sizeBytes = 600_000_000;
const path = (...parts: string[]): string => join(cardume.folder, ...parts);

beforeAll(async () => {
  mkdirSync(path('shared'));
  // Each block differs, so that no piece can stand for another.
  const block = Buffer.alloc(sizeBytes / 100);
  for (let number = 0; number < 100; number += 1) {
    block.fill(`block ${number} `);
    writeFileSync(path('shared', 'large.bin'), block, { flag: 'a' });
  }
  const index = await cardume.startIndex();
  cardume.env.CARDUME_INDEX = index.address;
  await cardume.startShare(['shared'], []);
}, 120_000);

describe('an interrupted get', () => {
  test('ends with 130, keeps what is verified, and the same command goes on from there', async () => {
    const first = cardume.start(['get', 'large.bin', '-o', 'out', '--json']);
    const verifiedBytes = await until('a part of the file to be verified', () => verifiedSoFar(first.stdout));
    first.kill('SIGINT');
    expect(await first.waitForEnd()).toEqual({ code: 130, signal: null });
    expect(first.stderr).toMatch(/Interrupted: .* of 600 MB of large\.bin are verified and kept; the same command/);
    expect(existsSync(path('out', 'large.bin'))).toBe(false);

    const second = await cardume.run(['get', 'large.bin', '-o', 'out', '--json']);
    expect(second.code).toBe(0);
    const result = second.stdout.split('\n').find((line) => line.includes('"type":"result"'));
    const { resumedBytes, receivedBytes } = JSON.parse(result ?? '{}');
    expect(resumedBytes).toBeGreaterThanOrEqual(verifiedBytes);
    expect(receivedBytes).toBe(sizeBytes - resumedBytes);
    expect(readdirSync(path('out'))).toEqual(['large.bin']);
    expect(await runCommand('cmp', [path('shared', 'large.bin'), path('out', 'large.bin')])).toMatchObject({ code: 0 });
  });

  test('whose reader leaves ends with 1, for the file is not there', async () => {
    const args = ['get', 'large.bin', '-o', 'unread', '--json', '--limit-down', '100MB/s'];
    const { code, stdout, stderr } = await cardume.runIntoHead(args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^\{"type":"progress".*\}\n$/);
    expect(stderr).toMatch(/Interrupted: .* the same command goes on from there/);
    expect(existsSync(path('unread', 'large.bin'))).toBe(false);
  });
});

/** How many bytes the last progress object of a run says are verified. */
function verifiedSoFar(stdout: string): number {
  const matches = [...stdout.matchAll(/"phase":"downloading".*?"verifiedBytes":(\d+)/g)];
  return Number(matches.at(-1)?.[1] ?? 0);
}

describe('a service that is asked to stop', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('by %s ends with 0, for it has done its job', async (signal) => {
    const { process: index, address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
    const { process: peer } = await cardume.startShare(['shared'], ['--index', address, '--state', path(signal)]);
    peer.kill(signal);
    expect(await peer.waitForEnd()).toEqual({ code: 0, signal: null });
    const { stderr } = await cardume.run(['peers', '--index', address]);
    expect(stderr).toMatch(/No peers/);
    index.kill(signal);
    expect(await index.waitForEnd()).toEqual({ code: 0, signal: null });
  });

  test('twice ends at once with the code of a signal, and does not wait for open calls', async () => {
    const { process: index, address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
    await using _watch = await openHealthWatch(address);
    // Two of one kind could arrive as one. Which of them is seen first is up to the system.
    index.kill('SIGTERM');
    index.kill('SIGINT');
    expect([130, 143]).toContain((await index.waitForEnd()).code);
  });

  test('by nobody ends with 1 when its reader leaves', async () => {
    const { code, stdout } = await cardume.runIntoHead(['share', 'shared', '--json', '--state', path('unread-share')]);
    expect(stdout).toMatch(/^\{"type":"hashing"/);
    expect(code).toBe(1);
  });
});

/** Watches a server's health: a call that stays open until the server ends it. */
async function openHealthWatch(address: string): Promise<AsyncDisposable> {
  const session = connect(`http://${address}`).on('error', () => {});
  const call = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Watch',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  call.on('error', () => {}).end(Buffer.alloc(5));
  await once(call, 'data');
  return { [Symbol.asyncDispose]: async () => session.destroy() };
}

/** Runs a command in a pseudo-terminal of 100 columns, and gives what it wrote there. */
async function inTerminal(args: string[], variables: NodeJS.ProcessEnv = {}): Promise<string> {
  const command = [process.execPath, ...cardume.nodeArgs(args)].map((word) => `'${word}'`).join(' ');
  const { stdout } = await runCommand('script', ['-qec', `stty cols 100 rows 30; ${command}`, '/dev/null'], {
    cwd: cardume.folder,
    env: { ...cardume.env, TERM: 'xterm-256color', ...variables },
  });
  return stdout;
}

describe('on a terminal', () => {
  test('get draws a bar that says how far it is, how fast, and from whom', async () => {
    const shown = await inTerminal(['get', 'large.bin', '-o', 'terminal']);
    expect(shown).toMatch(/\r\u001b\[K.*large\.bin {2}█+░+ +\d+% {2}[\d.]+ [kM]?B of 600 MB {2}[\d.]+ .B\/s.*left/);
    expect(shown).toMatch(/100%/);
    expect(shown).toMatch(/large\.bin: 600 MB in .*, verified, from 127\.0\.0\.1:\d+\r\n/);
  });

  test('share shows the hashing and what it serves, and no log lines', async () => {
    const terminal = startProcess(
      'script',
      ['-qec', `'${process.execPath}' '${cardume.nodeArgs([])[0]}' share shared --state again`, '/dev/null'],
      { cwd: cardume.folder, env: { ...cardume.env, TERM: 'xterm-256color' } },
    );
    await terminal.waitForLine(/hashing {2}█*░+ +\d+%/);
    await terminal.waitForLine(/Joined the index as [0-9a-f]{12} at 127\.0\.0\.1:\d+ with 1 file\./);
    await terminal.waitForLine(/Sharing 1 file, 600 MB hashed, on /);
    expect(terminal.stdout).not.toMatch(/INFO|WARN/);
    terminal.kill('SIGTERM');
    await terminal.waitForEnd();
  });

  test('tables are in colour unless NO_COLOR says otherwise', async () => {
    expect(await inTerminal(['peers'])).toMatch(/\u001b\[2m/);
    expect(await inTerminal(['peers'], { NO_COLOR: '1' })).not.toMatch(/\u001b\[\d+m/);
  });
});
