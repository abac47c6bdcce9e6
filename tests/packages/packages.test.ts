// What is published, as somebody else gets it: built, packed, installed from the tarballs in an empty project, and used
// there, with no source of this repository in reach.
import { hash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import { describeWith } from '../support/describe-with.ts';
import { type CommandResult, runCommand } from '../support/run-command.ts';
import { type StartedProcess, startProcess } from '../support/start-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { installPackages } from './support/install-packages.ts';

jest.setTimeout(240_000);

const repository = join(import.meta.dirname, '../..');
const example = join(repository, 'clients/typescript/examples/search-and-get.ts');
const names = [
  '@cardume/client',
  '@cardume/index',
  '@cardume/peer',
  '@cardume/proto',
  '@cardume/service-kit',
  'cardume',
];

const started: StartedProcess[] = [];
// Before the hooks of the folders, which the processes are in.
afterAll(() => Promise.all(started.map((process) => process.stop())));
const dist = temporaryFolder();
const project = temporaryFolder();

// Before the tests are named: only now it shows whether the registry, for what the packages depend on, can be reached.
await run(process.execPath, [join(repository, 'scripts/build-packages.ts'), dist], repository);
const tarballs = readdirSync(dist).filter((name) => name.endsWith('.tgz'));
writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
const paths = tarballs.map((name) => join(dist, name));
const registry = { name: 'the npm registry', command: (await installPackages(project, paths)) ? 'npm' : undefined };
writeFileSync(join(project, 'search-and-get.ts'), readFileSync(example));

describeWith(registry, 'the published packages', () => {
  test.each(names)('%s holds compiled code, declarations and its licence, and no sources', (name) => {
    const folder = join(project, 'node_modules', name);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(expect.arrayContaining(['package.json', 'LICENSE']));
    expect(files.filter((path) => /\.js$/.test(path)).length).toBeGreaterThan(0);
    expect(files.filter((path) => /(?<!\.d)\.ts$/.test(path))).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ name, license: 'Apache-2.0', engines: { node: '>=24' } });
  });

  test('the contract is published with the code that was generated from it', () => {
    const files = readdirSync(join(project, 'node_modules/@cardume/proto'), { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining(['cardume/index/v1/index_service.proto', 'gen/cardume/index/v1/index_service.js']),
    );
  });

  test("the SDK's entries for threads are published", async () => {
    const program = `
      const { pieceHash } = await import('@cardume/client/digest');
      const { errnoOf } = await import('@cardume/client/errors');
      console.log(pieceHash(Buffer.from('x'), 1).toString('hex'), errnoOf({ code: 'ENOENT' }));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
    expect(stdout).toBe(`${hash('sha256', 'x')} ENOENT\n`);
  });

  test("the SDK's entry for trust is published, with what it takes to ask for a certificate", async () => {
    const program = `
      const { makeKey, makeRequest, tokenOf } = await import('@cardume/client/trust');
      console.log((await makeRequest(await makeKey())).length > 100, tokenOf(new Uint8Array(32)).length);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
    expect(stdout).toBe('true 52\n');
  });

  test("the SDK's example compiles against the published declarations", async () => {
    const modules = join(repository, 'node_modules');
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--lib',
      'es2024,esnext.disposable',
    ];
    const types = ['--types', 'node', '--typeRoots', join(modules, '@types'), '--skipLibCheck'];
    await run(join(modules, '.bin/tsc'), [...options, ...types, 'search-and-get.ts']);
  });

  test("the SDK's example downloads a file from a peer of the published command", async () => {
    const content = randomBytes(3 * 1024 * 1024);
    mkdirSync(join(project, 'shared'));
    writeFileSync(join(project, 'shared/readme.bin'), content);
    const index = await start('listening', 'index', '--listen', '127.0.0.1:0', '--database', 'sqlite::memory:');
    await start('joined', 'share', 'shared', '--index', index, '--state', 'state');

    const { stdout } = await run(process.execPath, ['search-and-get.ts', index, 'readme', 'downloads']);
    expect(stdout).toContain(`readme.bin ${content.length} 1 holders`);
    expect(readFileSync(join(project, 'downloads/readme.bin')).equals(content)).toBe(true);
  });
});

/** Runs a command to its end. @throws Error with all that it wrote, when it fails */
async function run(command: string, args: readonly string[], cwd = project): Promise<CommandResult> {
  const result = await runCommand(command, args, { cwd, timeoutMs: 200_000 });
  if (result.code !== 0) throw new Error(`${command} ${args.join(' ')}:\n${result.stdout}\n${result.stderr}`);
  return result;
}

/** Starts the installed command and gives the address that it says in an event. */
async function start(event: string, ...args: string[]): Promise<string> {
  const bin = join(project, 'node_modules/.bin/cardume');
  const server = startProcess(bin, [...args, '--json'], { cwd: project });
  started.push(server);
  return String((await server.waitForObject(event)).address);
}
