import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { type StartedProcess, startProcess } from '../../tests/support/start-process.ts';

const main = join(import.meta.dirname, '../../clients/cli/src/cardume.js');

/** Runs `cardume` commands before somebody's eyes: each is shown as it would be typed, then what it writes. */
export interface DemoCommands {
  /** Sets a variable for the commands that follow. */
  setVariable(name: string, value: string): void;
  /** Runs `cardume ARGS` to its end, its output as it comes. @throws Error when it does not end with 0 */
  run(...args: string[]): Promise<void>;
  /** Runs another program to its end. @throws Error when it does not end with 0 */
  runOther(program: string, ...args: string[]): Promise<void>;
  /** Runs `cardume ARGS --json` unseen. @returns its objects; none when it found nothing */
  query(...args: string[]): Promise<Record<string, unknown>[]>;
  /** Starts `cardume ARGS` in the background, and remembers it. */
  start(...args: string[]): StartedProcess;
  /** Ends everything that still runs, and runs nothing more. */
  stopAll(): Promise<void>;
}

/**
 * Makes the commands.
 *
 * @param cwd the folder that they run in
 * @param variables what their environment has besides this process's own
 */
export function createDemoCommands(cwd: string, variables: Record<string, string>): DemoCommands {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('CARDUME_'));
  const env: NodeJS.ProcessEnv = { ...Object.fromEntries(own), ...variables };
  const started: StartedProcess[] = [];
  let shownChild: ChildProcess | undefined;
  let isStopped = false;

  const runShown = (shown: string, program: string, args: readonly string[]): Promise<void> => {
    if (isStopped) return Promise.reject(new Error('the demo was stopped'));
    show(shown);
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
      shownChild = child;
      child.on('error', reject);
      child.on('close', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`${shown} ended with ${code ?? signal}`));
      });
    });
  };

  return {
    setVariable(name, value) {
      env[name] = value;
    },
    run: (...args) => runShown(typed(['cardume', ...args]), process.execPath, [main, ...args]),
    runOther: (program, ...args) => runShown(typed([program, ...args]), program, args),
    async query(...args) {
      const child = startProcess(process.execPath, [main, ...args, '--json'], { cwd, env });
      const { code } = await child.waitForEnd();
      // 3 is "nothing found", which is an answer.
      if (code !== 0 && code !== 3) throw new Error(`cardume ${args.join(' ')} ended with ${code}: ${child.stderr}`);
      const lines = child.stdout.split('\n').filter((line) => line !== '');
      return lines.map((line) => JSON.parse(line));
    },
    start(...args) {
      show(`${typed(['cardume', ...args])} &`);
      const child = startProcess(process.execPath, [main, ...args, '--json', '--log-level', 'warn'], { cwd, env });
      started.push(child);
      return child;
    },
    async stopAll() {
      isStopped = true;
      shownChild?.kill('SIGINT');
      await Promise.all(started.map((child) => child.stop()));
    },
  };
}

/** A command line as it would be typed. */
function typed(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

function show(command: string): void {
  process.stdout.write(`\n${styleText('bold', `$ ${command}`)}\n`);
}
