import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const helper = '/usr/lib/apt/apt-helper';
const maxListBytes = 2 ** 30;

/**
 * The names of the packages that Debian has, as this machine's apt knows them: about 60,000 paths such as
 * `pool/main/b/bash/bash_5.2.15-2+b13_amd64.deb`. Undefined where there is no apt, or it has no lists.
 */
export function debianNames(): string[] | undefined {
  if (!existsSync(helper)) return undefined;
  const targets = ['indextargets', '--format', '$(FILENAME)', 'Created-By: Packages'];
  const lists = execFileSync('apt-get', targets, { encoding: 'utf8' }).split('\n').filter(existsSync);
  const names = new Set<string>();
  for (const list of lists) {
    const text = execFileSync(helper, ['cat-file', list], { encoding: 'utf8', maxBuffer: maxListBytes });
    for (const [, name = ''] of text.matchAll(/^Filename: (.+)$/gm)) names.add(name);
  }
  return names.size === 0 ? undefined : [...names];
}
