// Shares for some users only, as a user runs them: each user has a machine.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type CardumeCommand, cardumeCommand } from '../../../tests/support/cardume-command.ts';

const computer = cardumeCommand();
const [alice, bob, carol] = [cardumeCommand(), cardumeCommand(), cardumeCommand()];
const invites = new Map<CardumeCommand, string>();

beforeAll(async () => {
  const index = computer.start(['index', '--listen', '0.0.0.0:0', '--host', '127.0.0.1', '--json']);
  await index.waitForObject('listening');
  for (const [name, machine] of [
    ['alice', alice],
    ['bob', bob],
    ['carol', carol],
  ] as const) {
    const [added] = jsonLines((await computer.run(['index', 'user', 'add', name, '--json'])).stdout);
    invites.set(machine, String(added?.invite));
    expect((await machine.run(['peers', '--index', String(added?.invite)])).code).toBe(0);
  }
  for (const folder of ['plans', 'more']) mkdirSync(join(alice.folder, folder));
  writeFileSync(join(alice.folder, 'plans', 'plan.txt'), 'the plan');
  writeFileSync(join(alice.folder, 'more', 'more.txt'), 'more of it');
});

function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

/** Shares both folders, and waits until the index has the whole list. */
async function shareAs(machine: CardumeCommand, args: readonly string[]) {
  const started = await machine.startShare(['plans', 'more'], args);
  const { allowedUsers } = await started.process.waitForObject('sharing');
  return { ...started, allowedUsers };
}

async function finds(machine: CardumeCommand, query: string): Promise<boolean> {
  const { code, stdout } = await machine.run(['search', query, '--json']);
  expect([0, 3]).toContain(code);
  return jsonLines(stdout).some(({ type }) => type === 'hit');
}

describe('share --to', () => {
  test('is for those users: others find nothing, and get nothing also from the peer; another --to takes effect', async () => {
    const first = await shareAs(alice, ['--to', 'bob, dora', '--to', 'erik']);
    expect(first.allowedUsers).toEqual(['alice', 'bob', 'dora', 'erik']);
    expect(await finds(bob, 'plan.txt')).toBe(true);
    expect(await finds(bob, 'more.txt')).toBe(true);
    expect(await finds(carol, 'plan.txt')).toBe(false);
    expect(await finds(carol, 'more.txt')).toBe(false);
    const [hit] = jsonLines((await bob.run(['search', 'plan.txt', '--json'])).stdout);
    expect(hit).toMatchObject({ holders: [{ restricted: true }] });
    expect(await bob.run(['get', 'plan.txt'])).toMatchObject({ code: 0 });
    expect(readFileSync(join(bob.folder, 'plan.txt'), 'utf8')).toBe('the plan');

    // Whoever was told the digest and the address gets no more.
    const digest = String(hit?.digest);
    const direct = await carol.run(['get', '--from', first.address, digest]);
    expect(direct.code).toBe(3);
    expect(direct.stderr).toContain('does not share');
    expect((await carol.run(['get', digest])).code).toBe(3);
    expect(existsSync(join(carol.folder, 'plan.txt'))).toBe(false);
    expect((await carol.run(['peers', '--json'])).stdout).toBe('');
    await first.process.stop();

    const second = await shareAs(alice, ['--to', 'carol']);
    expect(second.peerId).toBe(first.peerId);
    expect(await finds(bob, 'plan.txt')).toBe(false);
    expect((await bob.run(['get', '--from', second.address, digest, '-o', 'again'])).code).toBe(3);
    expect((await carol.run(['get', '--from', second.address, digest])).code).toBe(0);
    await second.process.stop();

    const third = await shareAs(alice, []);
    expect(await finds(bob, 'plan.txt')).toBe(true);
    await third.process.stop();
  });

  test('is refused where there are no users, and for what no user is called', async () => {
    const { process: index, address } = await bob.startIndex(['--database', 'sqlite::memory:']);
    writeFileSync(join(bob.folder, 'own.txt'), 'x');
    const plain = await bob.run(['share', 'own.txt', '--to', 'alice', '--index', address]);
    expect(plain).toMatchObject({ code: 2, stdout: '' });
    expect(plain.stderr).toMatch(/--to.*network with certificates.*--index INVITE/s);
    const insecure = await bob.run(['share', 'own.txt', '--to', 'alice', '--insecure', '--index', address]);
    expect(insecure.code).toBe(2);
    await index.stop();
    const invite = String(invites.get(bob));
    for (const users of ['', 'alice,', `${'x'.repeat(65)}`]) {
      const refused = await bob.run(['share', 'own.txt', '--to', users, '--index', invite]);
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toContain('--to');
    }
  });

  test('is no setting: a variable that is empty by mistake would open the share to everybody', async () => {
    const { stdout } = await bob.run(['share', '--help']);
    expect(stdout).toMatch(/--to <users> +only these users/);
    expect(stdout).not.toContain('CARDUME_TO');
  });
});
