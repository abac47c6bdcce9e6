import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const main = join(import.meta.dirname, '../../clients/cli/src/main.ts');

/** An object that `--json` printed. */
export type CardumeEvent = { type: string } & Record<string, unknown>;

/** A `cardume index` or `cardume share` that runs. */
export interface CardumeProcess {
  /**
   * The first event of a type, also when it came before.
   *
   * @throws when the process ends without it, or it does not come within 30 s
   */
  event(type: string): Promise<CardumeEvent>;
  /** Sends a signal, SIGTERM by default, and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `cardume … --json` as a process of its own. */
export function startCardume(...args: string[]): CardumeProcess {
  const child = spawn(process.execPath, [main, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const seen: CardumeEvent[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  let log = '';
  let ended = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = `${log}${text}`.slice(-4_000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    seen.push(JSON.parse(line));
    wake();
  });
  child.once('close', () => {
    ended = true;
    wake();
  });

  return {
    event(type) {
      const { promise, resolve, reject } = Promise.withResolvers<CardumeEvent>();
      const fail = (how: string): void =>
        reject(new Error(`cardume ${args[0]} ${how} "${type}"; its log ends:\n${log}`));
      const timer = setTimeout(() => fail('gave within 30 s no'), 30_000);
      const look = (): void => {
        const event = seen.find((candidate) => candidate.type === type);
        if (event !== undefined) resolve(event);
        else if (ended) fail('ended without');
      };
      waiting.add(look);
      look();
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(look);
      });
    },
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    },
  };
}
