import { type ChildProcess, spawn } from 'node:child_process';
import { until } from './until.ts';

/** How a process ended. */
export interface ProcessEnd {
  /** Its exit code; null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that runs in the background. Who starts one stops it. */
export interface StartedProcess {
  readonly pid: number;
  /** What it wrote so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** How it ended; undefined while it runs. */
  readonly end: ProcessEnd | undefined;
  /**
   * Waits for a line on either stream, those already written included.
   *
   * @returns what the pattern matched
   * @throws Error with all that it wrote, when the process ends first or 30 s pass
   */
  waitForLine(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for a JSON object on standard output whose `type` is the given one. Throws as `waitForLine` does. */
  waitForObject(type: string): Promise<Record<string, unknown>>;
  /** Sends a signal to it, by its id. Does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** Waits until it has ended. */
  waitForEnd(): Promise<ProcessEnd>;
  /** Asks it to stop (SIGTERM), and ends it by force after 10 s. */
  stop(): Promise<ProcessEnd>;
}

/** How to start a process. */
export interface StartProcessOptions {
  cwd?: string;
  /** Its whole environment. Default: this process's. */
  env?: NodeJS.ProcessEnv;
}

/**
 * Starts a process in the background, without a shell.
 *
 * @example
 * ```ts
 * const index = startProcess(process.execPath, ['clients/cli/src/cardume.js', 'index', '--json']);
 * const { address } = await index.waitForObject('listening');
 * await index.stop();
 * ```
 */
export function startProcess(
  command: string,
  args: readonly string[],
  { cwd, env }: StartProcessOptions = {},
): StartedProcess {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  let end: ProcessEnd | undefined;
  let startError: Error | undefined;
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  child.on('error', (error) => {
    startError = error;
  });
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('close', (code, signal) => {
      end = { code, signal };
      resolve(end);
    });
  });

  const waitFor = <Found>(what: string, find: () => Found | undefined): Promise<NonNullable<Found>> =>
    until(`${what} of ${command} ${args.join(' ')}`, () => {
      const found = find();
      if (found) return found;
      if (startError !== undefined) throw startError;
      if (end === undefined) return undefined;
      throw new Error(`${args.join(' ')} ended (${JSON.stringify(end)}):\n${output.stdout}\n${output.stderr}`);
    });

  return {
    pid: child.pid ?? 0,
    get stdout() {
      return output.stdout;
    },
    get stderr() {
      return output.stderr;
    },
    get end() {
      return end;
    },
    waitForLine: (pattern) =>
      waitFor(`a line ${pattern}`, () => firstMatch(`${output.stdout}\n${output.stderr}`, pattern)),
    waitForObject: (type) => waitFor(`an object "${type}"`, () => objectOfType(output.stdout, type)),
    kill: (signal) => void child.kill(signal),
    waitForEnd: () => ended,
    stop: () => stopChild(child, ended),
  };
}

function firstMatch(text: string, pattern: RegExp): RegExpExecArray | undefined {
  for (const line of text.split('\n')) {
    const match = pattern.exec(line);
    if (match !== null) return match;
  }
  return undefined;
}

function objectOfType(text: string, type: string): Record<string, unknown> | undefined {
  // What follows the last line feed may be half a line.
  for (const line of text.split('\n').slice(0, -1)) {
    const value: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
    if (typeof value === 'object' && value !== null && 'type' in value && value.type === type) return { ...value };
  }
  return undefined;
}

async function stopChild(child: ChildProcess, ended: Promise<ProcessEnd>): Promise<ProcessEnd> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
  }
}
