// An index on the local network, found by DNS-SD: two machines on a cable, as far as this one can make them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import { describeWith } from '../../../tests/support/describe-with.ts';
import { type CommandResult, runCommand } from '../../../tests/support/run-command.ts';
import { type StartedProcess, startProcess } from '../../../tests/support/start-process.ts';
import { createTwoMachines, namespaces, type TwoMachines } from '../../../tests/support/two-machines.ts';

type Machine = 'server' | 'user';

const cardume = cardumeCommand();
const path = (...parts: string[]): string => join(cardume.folder, ...parts);

describeWith(namespaces, 'on a local network', () => {
  let machines: TwoMachines<Machine>;
  const started: StartedProcess[] = [];
  beforeAll(() => {
    machines = createTwoMachines({ server: ['10.99.7.1/24'], user: ['10.99.7.2/24'] });
    mkdirSync(path('shared'));
    writeFileSync(path('shared', 'hello.txt'), 'hello\n');
  });
  afterAll(() => machines[Symbol.dispose]());
  afterEach(() => Promise.all(started.splice(0).map((one) => one.stop())));

  const env = (machine: Machine): NodeJS.ProcessEnv => ({ ...cardume.env, HOME: path(machine) });
  const start = (machine: Machine, args: readonly string[]): StartedProcess => {
    const [command, ...rest] = machines.on(machine, process.execPath, ...cardume.nodeArgs(args));
    const child = startProcess(command, rest, { cwd: cardume.folder, env: env(machine) });
    started.push(child);
    return child;
  };
  const run = (machine: Machine, ...args: string[]): Promise<CommandResult> => {
    const [command, ...rest] = machines.on(machine, process.execPath, ...cardume.nodeArgs(args));
    return runCommand(command, rest, { cwd: cardume.folder, env: env(machine) });
  };
  const startIndex = async (...args: string[]): Promise<Record<string, unknown>> => {
    const index = start('server', [
      'index',
      '--listen',
      '0.0.0.0:0',
      '--database',
      'sqlite::memory:',
      '--json',
      ...args,
    ]);
    return index.waitForObject('listening');
  };
  const say = async (machine: Machine, told: object): Promise<void> => {
    const script = join(import.meta.dirname, 'support/say-on-lan.ts');
    const [command, ...rest] = machines.on(machine, process.execPath, script, JSON.stringify(told));
    const child = startProcess(command, rest);
    started.push(child);
    await child.waitForObject('saying');
  };
  const portOf = ({ address }: Record<string, unknown>): string => String(address).split(':').at(-1) ?? '';

  test('one in plaintext is told of, and used when its user says so, by every command that looks for one', async () => {
    const index = await startIndex('--insecure');
    const address = `10.99.7.1:${portOf(index)}`;
    const refused = await run('user', 'search', 'hello');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      new RegExp(`^Found index "Cardume [^"]+" at ${address} on the local network, in plaintext`, 'm'),
    );
    expect(refused.stderr).toContain(`name it: --index ${address}, or say --insecure`);

    const share = start('user', ['share', 'shared', '--insecure', '--listen', '0.0.0.0:0', '--json']);
    await share.waitForObject('joined');
    const found = await run('user', 'search', 'hello', '--insecure', '--json');
    expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining('"name":"hello.txt"') });
    expect(found.stderr).toContain(`at ${address}, found on the local network, in plaintext`);
    expect(await run('user', 'get', 'hello.txt', '-o', 'out', '--insecure')).toMatchObject({ code: 0 });
    expect(readFileSync(path('out', 'hello.txt'), 'utf8')).toBe('hello\n');
    expect(await run('user', 'peers', '--insecure')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('10.99.7.2'),
    });
  });

  test('one with certificates is told of with its network, and used only by who has enrolled there', async () => {
    const index = await startIndex('--authority', path('authority'));
    const address = `10.99.7.1:${portOf(index)}`;
    for (const args of [
      ['search', 'hello'],
      ['search', 'hello', '--insecure'],
    ]) {
      const refused = await run('user', ...args);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain(`at ${address} on the local network, network ID ${index.networkId}.`);
      expect(refused.stderr).toContain('give its invite: --index cardume-invite-…');
    }
    // Who has enrolled, and remembers no index since: the network is known by its id.
    expect(await run('user', 'peers', '--index', String(index.invite))).toMatchObject({ code: 0 });
    const networks = path('user', '.local', 'state', 'cardume', 'networks');
    rmSync(join(networks, 'current'));
    const known = await run('user', 'peers');
    expect(known).toMatchObject({ code: 0, stderr: expect.stringContaining('Using the index of your network') });
    // Another one that says that it is this network has not its key.
    await Promise.all(started.splice(0).map((one) => one.stop()));
    const other = await startIndex('--authority', path('other'), '--no-announce');
    expect(other.networkId).not.toBe(index.networkId);
    await say('server', { host: '10.99.7.1', announce: { port: Number(portOf(other)), networkId: index.networkId } });
    const lied = await run('user', 'peers');
    expect(lied).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('Using the index of your network'),
    });
    expect(lied.stderr).toContain('SELF_SIGNED_CERT_IN_CHAIN');
  });

  test('what strangers there send is no more than a name, printed safely, and where they are themselves', async () => {
    await say('server', { host: '10.99.7.1', garbage: { name: '\u001b[31mfree\u202efiles', port: 9 } });
    const { code, stderr } = await run('user', 'search', 'hello');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'Found index "\\u{1b}[31mfree\\u{202e}files" at 10.99.7.1:9 on the local network, in plaintext',
    );
    expect(stderr).not.toContain('8.8.8.8');
  });

  test('one that is not announced, or gone, is not found, and one of this machine is asked first', async () => {
    const hidden = start('server', [
      'index',
      '--listen',
      '0.0.0.0:0',
      '--insecure',
      '--no-announce',
      '--database',
      'sqlite::memory:',
      '--json',
    ]);
    await hidden.waitForObject('listening');
    const gone = await run('user', 'search', 'hello', '--insecure');
    expect(gone).toMatchObject({ code: 1, stderr: expect.not.stringContaining('local network') });

    await startIndex('--insecure');
    const here = start('user', ['index', '--database', 'sqlite::memory:', '--json']);
    expect(await here.waitForObject('listening')).toMatchObject({ address: '127.0.0.1:50051' });
    const own = await run('user', 'peers', '--insecure');
    expect(own).toMatchObject({ code: 0, stderr: expect.not.stringContaining('local network') });
  });
});
