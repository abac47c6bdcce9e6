import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { type CommandResult, type RunCommandOptions, runCommand } from './run-command.ts';
import { type StartedProcess, startProcess } from './start-process.ts';

const main = join(import.meta.dirname, '../../clients/cli/src/cardume.js');

/** The `cardume` command as a user has it, with a home of its own. */
export interface CardumeCommand {
  /** Where it works; removed when the test file ends, after everything that was started is stopped. */
  readonly folder: string;
  /** Its environment, a user's: a home in the folder, no `CARDUME_*` variables but those given, and no `CI`. */
  readonly env: NodeJS.ProcessEnv;
  /** The arguments that Node is started with for `cardume ARGS`. */
  nodeArgs(args: readonly string[]): string[];
  /** Runs `cardume ARGS` to its end. */
  run(args: readonly string[], options?: RunCommandOptions): Promise<CommandResult>;
  /** Runs `cardume ARGS | head -1`, and gives the first line and the code of `cardume`. */
  runIntoHead(args: readonly string[]): Promise<CommandResult>;
  /** Starts `cardume ARGS` in the background; it is stopped at the latest when the test file ends. */
  start(args: readonly string[]): StartedProcess;
  /** Starts an index on a free port. */
  startIndex(args?: readonly string[]): Promise<{ process: StartedProcess; address: string }>;
  /** Starts a share and waits until the index lists it. */
  startShare(
    paths: readonly string[],
    args: readonly string[],
  ): Promise<{ process: StartedProcess; address: string; peerId: string }>;
}

/** What may be otherwise. */
export interface CardumeCommandOptions {
  /**
   * Whether `cardume get` copies what is on this machine. Default: false, since the tests' machine plays all of a network, and
   * what is got is to be transferred.
   */
  copies?: boolean;
}

/**
 * Makes a command to test with: real child processes on this very Node.
 *
 * @param variables what its environment has besides
 */
export function cardumeCommand(
  variables: NodeJS.ProcessEnv = {},
  { copies = false }: CardumeCommandOptions = {},
): CardumeCommand {
  const folder = mkdtempSync(join(tmpdir(), 'cardume-test-'));
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(CARDUME|XDG|NO_COLOR|FORCE_COLOR|CI$)/.test(name),
  );
  const env = { ...Object.fromEntries(inherited), HOME: home, ...variables };
  const nodeArgs = (args: readonly string[]): string[] => {
    const isToTransfer = args[0] === 'get' && !copies;
    return isToTransfer ? [main, 'get', '--no-copy', ...args.slice(1)] : [main, ...args];
  };
  const started: StartedProcess[] = [];
  afterAll(async () => {
    await Promise.all(started.map((process) => process.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (args: readonly string[]): StartedProcess => {
    const child = startProcess(process.execPath, nodeArgs(args), { cwd: folder, env });
    started.push(child);
    return child;
  };
  return {
    folder,
    env,
    nodeArgs,
    run: (args, options) => runCommand(process.execPath, nodeArgs(args), { cwd: folder, env, ...options }),
    runIntoHead: (args) =>
      runCommand('bash', ['-c', '"$@" | head -1; exit "$PIPESTATUS"', 'bash', process.execPath, ...nodeArgs(args)], {
        cwd: folder,
        env,
      }),
    start,
    async startIndex(args = []) {
      const index = start(['index', '--listen', '127.0.0.1:0', '--json', ...args]);
      const { address } = await index.waitForObject('listening');
      return { process: index, address: String(address) };
    },
    async startShare(paths, args) {
      const peer = start(['share', ...paths, '--json', ...args]);
      const { address, peerId } = await peer.waitForObject('joined');
      return { process: peer, address: String(address), peerId: String(peerId) };
    },
  };
}
