// At a terminal of their own, by Python's pty: what is asked for there is not shown.
import { join } from 'node:path';
import { formatAddress } from '@cardume/client';
import { parseInvite } from '@cardume/client/trust';
import { beforeAll, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { findCommand } from '../../../tests/support/find-command.ts';
import { runCommand } from '../../../tests/support/run-command.ts';

const python = { name: 'python3', command: findCommand(['python3'], '--version') };
const computer = cardumeCommand();
let invite: string;
let address: string;
let machines = 0;

beforeAll(async () => {
  const index = computer.start(['index', '--listen', '0.0.0.0:0', '--host', '127.0.0.1', '--json']);
  invite = String((await index.waitForObject('listening')).invite);
  address = formatAddress(parseInvite(invite).addresses[0]);
});

const newMachine = (): NodeJS.ProcessEnv => ({ ...computer.env, HOME: join(computer.folder, `machine-${machines++}`) });

test('where nobody can be asked, the error says how an invite is given', async () => {
  const { code, stderr } = await computer.run(['peers', '--index', address], { env: newMachine() });
  expect(code).toBe(1);
  expect(stderr).toContain(address);
  expect(stderr).toContain('--index file:PATH, or CARDUME_INDEX');
  expect(stderr).not.toContain('Invite for');
});

test('a pipe may bring it', async () => {
  const env = newMachine();
  expect(await computer.run(['peers', '--index', '-'], { env, input: `${invite}\nmore` })).toMatchObject({ code: 0 });
  expect(await computer.run(['peers'], { env })).toMatchObject({ code: 0 });
  const nothing = await computer.run(['peers', '--index', '-'], { env: newMachine() });
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('no invite was given') });
});

describeWith(python, 'who sits at a terminal', (command) => {
  const type = (env: NodeJS.ProcessEnv, args: readonly string[], ...steps: { after: string; type: string }[]) => {
    const script = join(import.meta.dirname, '../../../tests/support/at-terminal.py');
    const input = steps.map((step) => `${JSON.stringify(step)}\n`).join('');
    return runCommand(command, [script, process.execPath, ...computer.nodeArgs(args)], {
      cwd: computer.folder,
      env,
      input,
    });
  };

  test('at a terminal, an index with certificates asks for an invite, and does not show it', async () => {
    const env = newMachine();
    const asked = { after: `Invite for ${address}: `, type: `${invite}\r` };
    const { code, stdout } = await type(env, ['peers', '--index', address], asked);
    expect(stdout).toContain(asked.after);
    expect(stdout).not.toContain(invite.slice(0, 30));
    expect(code).toBe(0);
    // It is remembered, and nobody is asked again.
    const again = await type(env, ['peers', '--index', address]);
    expect([again.code, again.stdout.includes('Invite')]).toEqual([0, false]);
  });

  test('--index - asks without a look at any index', async () => {
    const { code, stdout } = await type(newMachine(), ['peers', '--index', '-'], {
      after: 'Invite: ',
      type: `${invite}\r`,
    });
    expect([code, stdout.includes(invite.slice(0, 30))]).toEqual([0, false]);
  });

  test('Ctrl-C ends it, Ctrl-D gives nothing, and what is no invite is not repeated', async () => {
    const given = (text: string) =>
      type(newMachine(), ['peers', '--index', address], { after: 'Invite for', type: text });
    expect((await given('\u0003')).code).toBe(130);
    const nothing = await given('\u0004');
    expect([nothing.code, nothing.stdout.includes('no invite was given')]).toEqual([2, true]);
    const wrong = await given('my secret\r');
    expect([wrong.code, wrong.stdout.includes('that is no invite'), wrong.stdout.includes('secret')]).toEqual([
      2,
      true,
      false,
    ]);
  });

  test('an index in plaintext asks for nothing', async () => {
    const plain = await computer.startIndex(['--database', 'sqlite::memory:']);
    const { code, stdout } = await type(newMachine(), ['peers', '--index', plain.address]);
    expect([code, stdout.includes('Invite')]).toEqual([0, false]);
    await plain.process.stop();
  });
});
