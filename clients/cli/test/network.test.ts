import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatAddress } from '@cardume/client';
import { parseInvite } from '@cardume/client/trust';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type CardumeCommand, cardumeCommand } from '../../../tests/support/cardume-command.ts';
import type { StartedProcess } from '../../../tests/support/start-process.ts';
import { until } from '../../../tests/support/until.ts';
import { qrLines } from '../src/core/text/qr-lines.ts';

/** Machines: each has a home of its own. */
const [computer, sharing, getting, stranger, reader] = [1, 2, 3, 4, 5].map(() => cardumeCommand()) as [
  CardumeCommand,
  CardumeCommand,
  CardumeCommand,
  CardumeCommand,
  CardumeCommand,
];
let invite: string;
let networkId: string;
let index: StartedProcess;

beforeAll(async () => {
  index = computer.start(['index', '--listen', '0.0.0.0:0', '--host', '127.0.0.1', '--lease', '3s', '--json']);
  const listening = await index.waitForObject('listening');
  invite = String(listening.invite);
  networkId = String(listening.networkId);
});

function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

describe('beyond this machine', () => {
  test('an index prints an invite, with which others share, search and get, and which they remember', async () => {
    mkdirSync(join(sharing.folder, 'files'));
    const bytes = Buffer.alloc(3_000_000, 'cardume');
    writeFileSync(join(sharing.folder, 'files', 'data.bin'), bytes);
    await sharing.startShare(['files'], ['--index', invite]);

    const inviteFile = join(getting.folder, 'invite.txt');
    writeFileSync(inviteFile, `${invite}\n`);
    const found = await getting.run(['search', 'data', '--index', `file:${inviteFile}`, '--json']);
    expect(jsonLines(found.stdout)).toMatchObject([{ name: 'data.bin', holders: [{ reachable: true }] }]);
    // From here on it knows which network is meant.
    expect(await getting.run(['get', 'data.bin'])).toMatchObject({ code: 0 });
    expect(readFileSync(join(getting.folder, 'data.bin')).equals(bytes)).toBe(true);
    const sharer = /"peerId":"([0-9a-f]{64})"/.exec(found.stdout)?.[1] ?? '';
    expect((await getting.run(['peers', '--json'])).stdout).toContain(sharer);
    // An address that is named is the one that is asked, also when it is the usual one: another index may be there, or none.
    expect((await getting.run(['peers', '--json', '--index', '127.0.0.1:50051'])).stdout).not.toContain(sharer);
    const remembered = join(getting.folder, 'home/.local/state/cardume/networks', networkId);
    for (const secret of ['invite', 'identity/key.pem']) {
      expect(statSync(join(remembered, secret)).mode & 0o077).toBe(0);
    }
  });

  test('who was not invited gets nothing, and is told how to get in', async () => {
    const address = formatAddress(parseInvite(invite).addresses[0]);
    const plain = await stranger.run(['search', 'a', '--index', address]);
    expect(plain).toMatchObject({ code: 1, stdout: '' });
    const mistyped = await stranger.run(['search', 'a', '--index', `${invite.slice(0, -1)}_`]);
    expect(mistyped.code).toBe(2);
    expect(mistyped.stderr).toContain('mistyped');
    // What is wrong with an invite is said without it: it has a token.
    expect(mistyped.stderr).not.toContain(invite.slice(0, 60));
  });

  test('an admin adds and revokes users on the machine of the index; keys and invites are never shared', async () => {
    const added = await computer.run(['index', 'user', 'add', 'rita', '--role', 'reader', '--json']);
    expect(jsonLines(added.stdout)).toMatchObject([{ type: 'invite', user: 'rita', role: 'reader' }]);
    const [ritas] = jsonLines(added.stdout);
    expect((await reader.run(['peers', '--index', String(ritas?.invite)])).code).toBe(0);
    writeFileSync(join(reader.folder, 'own.txt'), 'x');
    const refused = reader.start(['share', 'own.txt', '--json']);
    await refused.waitForLine(/this needs the role member/);
    await refused.stop();

    const listed = await computer.run(['index', 'user', 'list']);
    expect(listed.stdout).toMatch(/^USER +ROLE +ADDED +REVOKED\n/);
    expect(listed.stdout).toMatch(/\nrita +reader +\d{4}-\d\d-\d\d +-\n/);
    expect((await computer.run(['index', 'user', 'revoke', 'rita'])).code).toBe(0);
    await until('who was revoked is refused', async () => {
      const { code, stderr } = await reader.run(['peers']);
      return code !== 0 && /revoked/.test(stderr);
    });
    expect((await computer.run(['index', 'user', 'revoke', 'nobody'])).stderr).toContain('no user is called nobody');

    writeFileSync(join(computer.folder, 'home', 'note.txt'), 'x');
    const all = await computer.startShare(
      ['home'],
      ['--index', `file:${stateOf(computer.folder, 'authority/invite')}`],
    );
    const shared = await computer.run(['search', '--glob', '*', '--limit', '0', '--json']);
    const names = jsonLines(shared.stdout).map(({ name }) => String(name));
    expect(names).toContain('note.txt');
    expect(names.filter((name) => /key\.pem|invite|token|authority\.json/.test(name))).toEqual([]);
    await all.process.stop();
    const own = await computer.run(['share', stateOf(computer.folder, 'authority')]);
    expect(own).toMatchObject({ code: 2 });
    expect(own.stderr).toContain('has keys or invites');
  });

  test('an authority goes on with another key while its index runs, and machines stay members', async () => {
    const step = (name: string) => computer.run(['index', 'authority', 'rotate', name, '--json']);
    const statesOf = ({ stdout }: { stdout: string }) => jsonLines(stdout).map(({ state }) => state);
    const [first] = jsonLines((await computer.run(['index', 'authority', 'list', '--json'])).stdout);
    expect(first).toMatchObject({ type: 'key', keyId: networkId, state: 'signing' });
    expect(await step('retire')).toMatchObject({ code: 2 });
    expect(await step('sign-with-next')).toMatchObject({ code: 2 });
    expect(statesOf(await step('add-next'))).toEqual(['signing', 'next']);
    // Steps are hours apart; here the index has taken one up before the next.
    const takenUp = (): number => index.stderr.split('the authority has changed').length - 1;
    await until('the index to know the next key', () => takenUp() === 1);
    expect((await getting.run(['peers'])).code).toBe(0);
    expect(statesOf(await step('sign-with-next'))).toEqual(['previous', 'signing']);
    const late = await stranger.run(['peers', '--index', invite]);
    expect(late).toMatchObject({ code: 0 });
    expect((await computer.run(['index', 'authority', 'list'])).stdout).toMatch(/^KEY +STATE +ENDS\n/);
  });
});

function stateOf(folder: string, path: string): string {
  return join(folder, 'home/.local/state/cardume', path);
}

test('a QR code is drawn by half blocks, where there is room', () => {
  const lines = qrLines('cardume-invite-1-abc', 80);
  expect(lines?.length).toBeGreaterThan(10);
  expect(new Set(lines?.map((line) => line.length)).size).toBe(1);
  expect(lines?.join('')).toMatch(/^[█▀▄ ]+$/);
  expect(qrLines('cardume-invite-1-abc', 10)).toBeUndefined();
});
