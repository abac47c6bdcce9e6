import { spawn } from 'node:child_process';

/** What a command left when it ended. */
export interface CommandResult {
  /** Its exit code; null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** How to run a command. */
export interface RunCommandOptions {
  cwd?: string;
  /** Its whole environment. Default: this process's. */
  env?: NodeJS.ProcessEnv;
  /** What it reads on standard input. Default: nothing. */
  input?: string | Buffer;
  /** A command that takes longer is killed, and the run fails with what it wrote. Default: 60 s. */
  timeoutMs?: number;
}

/**
 * Runs a command to its end, without a shell.
 *
 * @example
 * ```ts
 * const { code, stdout } = await runCommand('cmp', ['a', 'b']);
 * ```
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: RunCommandOptions = {},
): Promise<CommandResult> {
  const { cwd, env, input = '', timeoutMs = 60_000 } = options;
  const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  // A command that ends without reading all of its input is not a failure.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const wrote = `${output.stdout}\n${output.stderr}`;
      reject(new Error(`${command} ${args.join(' ')} did not end in ${timeoutMs / 1000} s; it wrote:\n${wrote}`));
    }, timeoutMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...output });
    });
  });
}
