import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The repository's top folder. */
export const root = join(import.meta.dirname, '../..');

/** Runs a command in the repository and returns what it prints. */
export function capture(command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

/** The repository's files that match git patterns, committed or new, without what git ignores; relative to the top. */
export function listFiles(...patterns: string[]): string[] {
  const listed = capture('git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...patterns);
  const deleted = capture('git', 'ls-files', '-z', '--deleted', '--', ...patterns);
  const gone = new Set(deleted.split('\0'));
  return [...new Set(listed.split('\0'))].filter((path) => path !== '' && !gone.has(path)).sort();
}
