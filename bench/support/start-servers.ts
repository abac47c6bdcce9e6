import { join } from 'node:path';
import { type StartedProcess, startProcess } from '../../tests/support/start-process.ts';

const root = join(import.meta.dirname, '../..');

/** Starts the servers that a benchmark talks to, each in a process of its own. Resolves with `HOST:PORT`. */
export interface StartServer {
  /** `cardume ARGS --json`; `event` is the one whose address is given. */
  cardume(event: string, ...args: string[]): Promise<string>;
  /** A server of ours in bench/servers. */
  script(path: string, ...args: string[]): Promise<string>;
}

/** Runs something with servers, and stops them whatever becomes of it. */
export async function withServers<Result>(use: (start: StartServer) => Promise<Result>): Promise<Result> {
  const started: StartedProcess[] = [];
  const start = async (event: string, args: readonly string[]): Promise<string> => {
    const server = startProcess(process.execPath, args, { cwd: root });
    started.push(server);
    return String((await server.waitForObject(event)).address);
  };
  try {
    return await use({
      cardume: (event, ...args) =>
        start(event, ['clients/cli/src/cardume.js', ...args, '--json', '--log-level', 'error']),
      script: (path, ...args) => start('listening', [path, ...args]),
    });
  } finally {
    await Promise.all(started.map((server) => server.stop()));
  }
}
