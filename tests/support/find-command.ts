import { spawnSync } from 'node:child_process';

/** The first of several commands that runs with these arguments. */
export function findCommand(candidates: readonly string[], ...args: string[]): string | undefined {
  return candidates.find((command) => spawnSync(command, args, { stdio: 'ignore' }).status === 0);
}
