import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type StartedProcess, startProcess } from '../../../../tests/support/start-process.ts';

/** A PostgreSQL server of its own, on a free port of loopback. */
export interface PostgresServer {
  readonly port: number;
  /** Makes an empty database; returns its URL. */
  newDatabase(): Promise<string>;
  /** Ends it: `fast` cuts connections, `immediate` as a crash does. What was committed stays. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** Stops it and removes what it stored. */
  remove(): Promise<void>;
}

const installed = '/usr/lib/postgresql';
const password = 'a secret';

/** The folder with PostgreSQL's programs, of the newest version; undefined when there is none. */
export function findPostgres(): string | undefined {
  const versions = existsSync(installed) ? readdirSync(installed).sort((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => join(installed, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
}

/**
 * Starts a server. It does not flush, but writes before it acknowledges: what was committed survives the end of processes, and not
 * of the machine.
 */
export async function startPostgres(binaries: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'cardume-postgres-'));
  const isRoot = process.getuid?.() === 0;
  // It refuses to run as root; Debian's package makes this user.
  const as = (command: string, args: readonly string[]): [string, string[]] =>
    isRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, [...args]];
  if (isRoot) chownSync(folder, idOf('-u'), idOf('-g'));
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o644 });
  const [command, args] = as(join(binaries, 'initdb'), [
    ...['-D', data, '-U', 'cardume', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--auth=scram-sha-256'],
    `--pwfile=${passwordFile}`,
  ]);
  execFileSync(command, args, { cwd: folder, stdio: 'pipe' });
  const port = await freePort();
  const settings = {
    fsync: 'off',
    unix_socket_directories: '',
    listen_addresses: '127.0.0.1',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const url = (database: string): string =>
    `postgres://cardume:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
  let server: StartedProcess | undefined;
  let databaseCount = 0;

  const running: PostgresServer = {
    port,
    async newDatabase() {
      const client = new pg.Client({ connectionString: url('postgres') });
      await client.connect();
      const name = `test_${databaseCount++}`;
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return url(name);
    },
    async stop(how) {
      const [stopCommand, stopArgs] = as(join(binaries, 'pg_ctl'), ['stop', '-D', data, '-m', how, '-w']);
      execFileSync(stopCommand, stopArgs, { cwd: folder, stdio: 'pipe' });
      await server?.waitForEnd();
    },
    async start() {
      server = startProcess(...as(join(binaries, 'postgres'), ['-D', data, '-p', String(port), ...options]), {
        cwd: folder,
      });
      await server.waitForLine(/database system is ready to accept connections/);
    },
    async remove() {
      if (server?.end === undefined) await running.stop('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await running.start();
  return running;
}

function idOf(flag: '-u' | '-g'): number {
  return Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
}

/** A port that is free now. Between this and its use another process may take it; the start then fails, and says so. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
