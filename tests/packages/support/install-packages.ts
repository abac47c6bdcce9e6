import { runCommand } from '../../support/run-command.ts';

/** What npm says when the registry cannot be reached, and nothing else is wrong. */
const unreachable = /\b(ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ENETDOWN)\b/;

/**
 * Installs packages with npm, from its cache as far as they are there.
 *
 * @param project the folder to install in, with a package.json
 * @param packages what `npm install` takes: tarballs, names
 * @param options more options for npm
 * @returns false when npm needs the registry and cannot reach it
 * @throws Error with all that npm wrote, when it fails otherwise
 */
export async function installPackages(
  project: string,
  packages: readonly string[],
  options: readonly string[] = [],
): Promise<boolean> {
  // npm's own patience of some minutes is for downloads that nobody waits for.
  const impatient = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=2000'];
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...impatient, ...options];
  const { code, stdout, stderr } = await runCommand('npm', [...args, ...packages], {
    cwd: project,
    timeoutMs: 200_000,
  });
  if (code === 0) return true;
  if (unreachable.test(stderr)) return false;
  throw new Error(`npm ${args.join(' ')}:\n${stdout}\n${stderr}`);
}
