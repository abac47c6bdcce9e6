// Machines whose clocks are wrong, by libfaketime: also what OpenSSL sees of the time.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { findCommand } from '../../../tests/support/find-command.ts';
import { runCommand } from '../../../tests/support/run-command.ts';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';

/** What `faketime` has its commands load; as a wrapper it would stay between them and the signals that they are sent. */
function libraryOf(command: string): string {
  return execFileSync(command, ['-m', '-f', '+0s', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim();
}

const faketime = { name: 'faketime (libfaketime)', command: findCommand(['faketime'], '--version') };

describeWith(faketime, 'a network of machines', (command) => {
  const computer = cardumeCommand();
  const library = libraryOf(command);
  const processes: StartedProcess[] = [];
  let invite: string;
  let machines = 0;

  beforeAll(async () => {
    const index = computer.start(['index', '--listen', '0.0.0.0:0', '--host', '127.0.0.1', '--json']);
    invite = String((await index.waitForObject('listening')).invite);
  });
  afterAll(() => Promise.all(processes.map((started) => started.stop())));

  /** `cardume` on a machine of its own, whose clock is off by so much. */
  const machineOffBy = (offset: string) => {
    const folder = join(computer.folder, `machine-${machines++}`);
    mkdirSync(folder);
    const fake = { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    const options = { cwd: folder, env: { ...computer.env, HOME: folder, ...fake } };
    const args = (own: readonly string[]) => computer.nodeArgs([...own, '--index', invite]);
    return {
      folder,
      run: (...own: string[]) => runCommand(process.execPath, args(own), options),
      start(...own: string[]): StartedProcess {
        const started = startProcess(process.execPath, args(own), options);
        processes.push(started);
        return started;
      },
    };
  };

  test('shares and gets though their clocks are minutes off, one way and the other', async () => {
    const [early, late] = [machineOffBy('+8m'), machineOffBy('-8m')];
    for (const [sharing, getting, name] of [
      [early, late, 'of-early.bin'],
      [late, early, 'of-late.bin'],
    ] as const) {
      const bytes = Buffer.alloc(300_000, name);
      mkdirSync(join(sharing.folder, 'share'), { recursive: true });
      writeFileSync(join(sharing.folder, 'share', name), bytes);
      await sharing.start('share', 'share', '--json').waitForObject('joined');
      const { code, stderr } = await getting.run('get', name, '--output', 'got');
      expect([code, stderr.includes('cannot')]).toEqual([0, false]);
      expect(readFileSync(join(getting.folder, 'got', name)).equals(bytes)).toBe(true);
    }
  }, 60_000);

  test('is not joined by one whose clock is off by more, and that says so', async () => {
    const { code, stderr } = await machineOffBy('-30m').run('peers');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/is valid only from .*; look at the clock of this machine/);
  });
});
