// What makes the command quick to start: what it does not load, and what it keeps compiled. No time is asserted.
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cardumeCommand } from '../../../tests/support/cardume-command.ts';
import type { CommandResult } from '../../../tests/support/run-command.ts';
import { startProcess } from '../../../tests/support/start-process.ts';

const cardume = cardumeCommand({}, { copies: true });
const path = (...parts: string[]): string => join(cardume.folder, ...parts);

const sdk = /@bufbuild|node:http2|clients\/typescript\/src\/(?!core\/units\/|units\.|core\/rate\/rate-schedule\.)/;
const grpcLibraries = /@grpc|nice-grpc/;
const services = /\/services\/|node_modules\/(pino|piscina|picomatch|@parcel)/;
const unusual = /node_modules\/(string-width|nice-grpc-error-details)/;
// Threads, the lock of a part and its journal, the planner, what hashes files of this machine.
const forLargeFiles =
  /node:(worker_threads|sqlite)|\/core\/swarm\/|\/(download-file|part-file|receive-threads|hash-file|read-file|stream-file)\./;

const preload = pathToFileURL(join(import.meta.dirname, '../../../tests/support/list-loaded-modules.ts')).href;

/** Runs the command and gives what it loaded. */
async function load(...args: string[]): Promise<CommandResult & { modules: string[] }> {
  const env = { ...cardume.env, NODE_OPTIONS: `--import=${preload}`, LOADED_MODULES: path('modules.txt') };
  const result = await cardume.run(args, { env });
  return { ...result, modules: readFileSync(path('modules.txt'), 'utf8').trim().split('\n') };
}

const matching = (modules: readonly string[], pattern: RegExp): string[] => modules.filter((url) => pattern.test(url));

describe('what is loaded', () => {
  let peerAddress = '';

  beforeAll(async () => {
    mkdirSync(path('shared'));
    writeFileSync(path('shared', 'small.bin'), 'a small file');
    writeFileSync(path('shared', '日本語.bin'), 'another one');
    const { address } = await cardume.startIndex(['--database', 'sqlite::memory:']);
    cardume.env.CARDUME_INDEX = address;
    ({ address: peerAddress } = await cardume.startShare(['shared'], []));
  });

  test.each([
    [0, ['--help']],
    [0, ['get', '--help']],
    [0, ['index', 'stats', '--help']],
    [0, ['--version']],
    [2, ['serch']],
    [2, ['get']],
  ])('is no gRPC, no database and no hashing for (%d) %j', async (expectedCode, args) => {
    const { code, modules } = await load(...args);
    expect(code).toBe(expectedCode);
    expect(matching(modules, /node_modules\/commander/)).not.toEqual([]);
    for (const pattern of [sdk, grpcLibraries, services, unusual, /node:(sqlite|crypto|worker_threads)/]) {
      expect(matching(modules, pattern)).toEqual([]);
    }
  });

  test.each([
    [['get', 'small.bin', '-o', 'out']],
    [['get', 'small.bin', '-o', 'out-json', '--json']],
    [['search', 'small']],
    [['peers']],
    [['index', 'stats']],
  ])('is the SDK, without the libraries of gRPC, the services and what large files take, for %j', async (args) => {
    const { code, modules } = await load(...args);
    expect(code).toBe(0);
    expect(matching(modules, sdk)).not.toEqual([]);
    for (const pattern of [grpcLibraries, services, unusual, forLargeFiles]) {
      expect(matching(modules, pattern)).toEqual([]);
    }
  });

  test.each([[['get', 'small.bin', '-o', 'from', '--from']], [['verify', 'shared/small.bin']]])(
    'is none of the libraries of gRPC for %j',
    async (args) => {
      const { code, modules } = await load(...args, ...(args.includes('--from') ? [peerAddress] : []));
      expect(code).toBe(0);
      expect(matching(modules, sdk)).not.toEqual([]);
      for (const pattern of [grpcLibraries, services, unusual, /node:worker_threads/]) {
        expect(matching(modules, pattern)).toEqual([]);
      }
    },
  );

  test.each<[string, RegExp, string]>([
    ['metrics', /node_modules\/(prom-client|@opentelemetry|tdigest)|\/(serve|register)-metrics|kit\/src\/metrics/, '0'],
    ['audit', /\/open-audit|\/events-of-call|kit\/src\/(audit|core\/audit|adapters\/audit)/, 'audit.jsonl'],
  ])('is nothing of --%s for an index and a share that are not asked for it', async (flag, files, value) => {
    const run = async (type: string, args: readonly string[]): Promise<string[]> => {
      const env = { ...cardume.env, NODE_OPTIONS: `--import=${preload}`, LOADED_MODULES: path(`${type}.txt`) };
      const child = startProcess(process.execPath, cardume.nodeArgs([...args, '--json']), { cwd: cardume.folder, env });
      await child.waitForObject(type);
      expect(await child.stop()).toMatchObject({ code: 0 });
      return matching(
        readFileSync(path(`${type}.txt`), 'utf8')
          .trim()
          .split('\n'),
        files,
      );
    };
    const services: [string, string[]][] = [
      ['listening', ['index', '--listen', '127.0.0.1:0', '--database', 'sqlite::memory:']],
      ['sharing', ['share', 'shared', '--state', 'state']],
    ];
    for (const [type, args] of services) {
      expect(await run(type, args)).toEqual([]);
      expect(await run(type, [...args, `--${flag}`, value])).not.toEqual([]);
    }
  });

  test('is nothing of folders for a file', async () => {
    const folders = /get-folder|folder-manifest|inspect-tree/;
    const file = await load('get', 'small.bin', '-o', 'out');
    expect([file.code, matching(file.modules, folders)]).toEqual([0, []]);
    const folder = await load('get', 'shared/', '-o', 'out');
    expect([folder.code, matching(folder.modules, folders)]).not.toEqual([0, []]);
  });

  test('is what knows of wide characters when there are some', async () => {
    const { stdout, modules } = await load('search', '日本語');
    expect(stdout).toMatch(/日本語\.bin {2}/);
    expect(matching(modules, /node_modules\/string-width/)).not.toEqual([]);
  });

  test('is what decodes the details of errors when one has some', async () => {
    const { code, modules } = await load('search', '--digest', 'no-digest');
    expect(code).toBe(2);
    expect(matching(modules, /nice-grpc-error-details/)).not.toEqual([]);
  });
});

describe('compiled code', () => {
  // Those who run the tests say where theirs is.
  const variables = (name: string): NodeJS.ProcessEnv => ({
    ...cardume.env,
    XDG_CACHE_HOME: path(name),
    NODE_COMPILE_CACHE: undefined,
  });
  const compiled = (name: string): string => path(name, 'cardume', 'compiled');
  const isEmpty = (folder: string): boolean => readdirSync(folder).length === 0;

  test('is kept where only the user can write, and a run that has it does the same', async () => {
    const first = await cardume.run(['--help'], { env: variables('cache') });
    expect(lstatSync(compiled('cache')).mode & 0o777).toBe(0o700);
    expect(isEmpty(compiled('cache'))).toBe(false);
    expect(await cardume.run(['--help'], { env: variables('cache') })).toEqual(first);
  });

  test('is not kept where others can write', async () => {
    mkdirSync(compiled('open'), { recursive: true });
    chmodSync(compiled('open'), 0o777);
    expect(await cardume.run(['--version'], { env: variables('open') })).toMatchObject({ code: 0, stderr: '' });
    expect(isEmpty(compiled('open'))).toBe(true);
  });

  test('is not kept, and nothing is wrong, where nothing can be written', async () => {
    writeFileSync(path('file'), '');
    const env = variables('file');
    expect(await cardume.run(['--version'], { env })).toMatchObject({ code: 0, stderr: '' });
  });

  test("is where Node's own variables say, when they do", async () => {
    const env = { ...variables('unused'), NODE_COMPILE_CACHE: path('named') };
    expect(await cardume.run(['--version'], { env })).toMatchObject({ code: 0, stderr: '' });
    expect(isEmpty(path('named'))).toBe(false);
    const off = { ...variables('unused'), NODE_DISABLE_COMPILE_CACHE: '1' };
    expect(await cardume.run(['--version'], { env: off })).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(path('unused'))).toBe(false);
  });
});
