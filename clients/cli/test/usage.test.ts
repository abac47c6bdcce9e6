import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';

const cardume = cardumeCommand();
const many = Array.from({ length: 17 }, (_, number) => `10.0.0.${number}:1`);
const subcommands = ['index', 'share', 'search', 'get', 'send', 'receive', 'peers', 'watch', 'verify', 'relay'];

describe('help', () => {
  test('lists the subcommands, examples, exit codes and where settings come from', async () => {
    const { code, stdout, stderr } = await cardume.run(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of subcommands) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(stdout).toMatch(/Examples:/);
    expect(stdout).toMatch(/130 interrupted/);
    expect(stdout).toMatch(/config\.json/);
  });

  test.each(subcommands)('of %s has examples and exit codes', async (name) => {
    const { code, stdout } = await cardume.run([name, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\\n(  .*\\n)+  cardume ${name}`));
    expect(stdout).toMatch(/Exit codes: 0 done/);
  });

  test('of index shows what is below it, and that has help of its own', async () => {
    expect((await cardume.run(['index', '--help'])).stdout).toMatch(/Commands:\n {2}stats /);
    const { code, stdout } = await cardume.run(['index', 'stats', '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Usage: cardume index stats/);
    expect(stdout).toMatch(/Examples:\n( {2}.*\n)+ {2}cardume index stats/);
  });

  test('of share says what others are told when nothing else is said', async () => {
    const text = (await cardume.run(['share', '--help'])).stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('(default: the one listened on; of all interfaces, the one the index sees)');
    expect(text).toContain("(default: the path's own, or how many: 3 files and folders)");
  });

  test('is what a bare command shows, on standard error', async () => {
    const { code, stdout, stderr } = await cardume.run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/Usage: cardume/);
  });

  test('says its version', async () => {
    expect(await cardume.run(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});

describe('wrong usage ends with 2 and says what is wrong', () => {
  test.each([
    [['serch', 'x'], /unknown command 'serch'/],
    [['search'], /missing required argument 'query'/],
    [['search', 'x', '--index', 'a:1,,b:1'], /--index.* has no address at one place/],
    [['peers', '--index', 'a:1,b:1,a:1'], /--index.* names a:1 twice/],
    [['get', 'x', '--index', `${'a,'.repeat(16)}a`], /--index.* has 17 addresses; give at most 16/],
    [['share', '.', '--index', 'a:1,b:x'], /--index.*"b:x" is not an address/],
    [['watch', '--index', 'a,a:50051'], /--index.* names a:50051 twice/],
    [['search', 'x', '--frm', 'y'], /unknown option '--frm'/],
    [['search', 'x', '--exact', '--glob'], /'--exact' cannot be used with option '--glob'/],
    [['search', 'x', '--min-size', 'big'], /--min-size.*invalid/],
    [['search', 'x', '--limit', '-1'], /--limit.*invalid/],
    [['search', 'x', '--index', 'http://x/'], /--index: "http:\/\/x\/" is not an address/],
    [['get', 'x', '--index', 'a,b', '--index', 'a:50051'], /--index: names a:50051 twice/],
    [['search', 'x', '--index', 'a', '--index', ''], /--index: "a," has no address at one place/],
    [['peers', ...many.flatMap((one) => ['--index', one])], /--index: has 17 addresses; give at most 16/],
    [['index', '--lease', '30'], /--lease.*invalid/],
    [['index', '--log-level', 'loud'], /--log-level.*invalid/],
    [['index', '--listen', 'nowhere'], /--listen/],
    [['index', '--metrics', '0.0.0.0:0'], /--metrics: .*--insecure/],
    [['index', '--metrics', 'everywhere'], /--metrics: "everywhere" is not an address/],
    [['index', '--audit', 'absent/audit.jsonl'], /--audit: cannot append to absent\/audit\.jsonl/],
    [['index', '--json', 'stats'], /--json stands before a subcommand/],
    [['index', 'statistics'], /too many arguments for 'index'/],
    [['index', 'stats', 'x'], /too many arguments for 'stats'/],
    [['index', 'stats', '--lease', '30s'], /unknown option '--lease'/],
    [['share', 'no-such-folder'], /PATH: there is no file or folder no-such-folder/],
    [['get', 'a', 'b', '--name', 'c'], /--name: is for a single file/],
    [['get', 'a', '--name', '../c'], /--name: .*slash/],
    [['get', 'a', '--name', 'con'], /--name: .*device name/],
    [['get', 'a', 'b', '-o', '-'], /--output: - is for a single file/],
    [['get', 'a', '-o', '-', '--name', 'c'], /--name: .*standard output/],
    [['get', 'a', '-o', '-', '--seed', '1m', '--json'], /--seed: nothing is kept/],
    [['get', 'a', '--output', '-', '--from', 'host'], /--from: "host" is not an address/],
    [['get', 'a', '--limit-down', 'fast'], /--limit-down.*Write a rate such as/],
    [['share', 'a', '--limit-up', '0'], /--limit-up.*Write a rate such as/],
    [['index', '--max-connections', 'many'], /--max-connections.*Write a whole number/],
    [
      ['index', '--max-connections', '1', '--listen', '127.0.0.1:0'],
      /--max-connections: must be 2 to \d+, .*ulimit -n/,
    ],
    [['index', '--connections-per-second', 'many'], /--connections-per-second.*Write a whole number from 1 on, or off/],
    [
      ['index', '--connections-per-second', '0', '--listen', '127.0.0.1:0'],
      /--connections-per-second: must be a whole number from 1 on, or off/,
    ],
    [['index', '--calls-per-second', 'many'], /--calls-per-second.*Write a whole number from 1 on, or off/],
    [
      ['index', '--calls-per-second', '0', '--listen', '127.0.0.1:0'],
      /--calls-per-second: must be a whole number from 1 on, or off/,
    ],
    [['index', '--enrolments-per-minute', '0'], /--enrolments-per-minute: must be a whole number from 1 on/],
    [['get', 'a', '--from', 'host'], /--from: "host" is not an address/],
    [['verify', 'x', 'abc'], /DIGEST: "abc" is not 8 to 64 hex digits/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await cardume.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^cardume: /);
    expect(stderr).not.toMatch(/ {4}at /);
  });
});

test('a port that is taken ends with 2, and only our own words about it', async () => {
  const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
  const { code, stderr } = await cardume.run(['index', '--listen', address, '--log-level', 'silent']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^cardume: --listen: 127\.0\.0\.1:\d+: another process listens there.*\n$/);
});

describe('the config file', () => {
  const configFolder = join(cardume.folder, 'home', '.config', 'cardume');
  const configFile = join(configFolder, 'config.json');

  test('in its usual place is read, and an unknown key in it is named', async () => {
    mkdirSync(configFolder, { recursive: true });
    writeFileSync(configFile, '{"indx": "127.0.0.1:1"}');
    const { code, stderr } = await cardume.run(['peers']);
    expect(code).toBe(2);
    expect(stderr).toContain(`${configFile}: there is no setting "indx"`);
    writeFileSync(configFile, '{}');
  });

  test('that a variable names must exist and be JSON', async () => {
    const named = join(cardume.folder, 'named.json');
    const env = { ...cardume.env, CARDUME_CONFIG: named };
    expect(await cardume.run(['peers'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`there is no file ${named}`),
    });
    writeFileSync(named, '{');
    expect(await cardume.run(['peers'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${named} is not JSON`),
    });
  });
});

describe('an index that is not there', () => {
  let silent: Server;
  beforeAll(async () => {
    silent = createServer((socket) => socket.on('error', () => {}).resume());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => silent.close(resolve)));

  test.each([['search', 'x'], ['get', 'x'], ['peers']])('fails %s with 1 and how to start one', async (...args) => {
    const { code, stdout, stderr } = await cardume.run([...args, '--index', '127.0.0.1:1']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/start one with: cardume index/);
  });

  test('is an object among the results with --json', async () => {
    const { code, stdout } = await cardume.run(['peers', '--json', '--index', '127.0.0.1:1']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', reason: 'UNREACHABLE' });
  });

  test('or takes connections and says nothing fails in the end, too', async () => {
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await cardume.run(['peers', '--index', `127.0.0.1:${port}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/start one with: cardume index/);
  });
});
