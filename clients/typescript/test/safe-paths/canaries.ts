import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** What stands beside a folder that is written to, and must be there afterwards as it was. */
export interface Canaries {
  /** The folder that is written to; there are a file, a folder and links in it already. */
  readonly folder: string;
  /** What there is besides that folder: each path, with what it is, its content, and all that changes when it is touched. */
  look(): string[];
}

/** Files of the system that names have led to before. */
const strangers = ['/etc/passwd', '/etc/hosts'];

/** Puts files, folders and links beside a folder, and links out of it into it. */
export function placeCanaries(root: string): Canaries {
  const folder = join(root, 'target');
  mkdirSync(join(root, 'outside/deep'), { recursive: true });
  mkdirSync(folder);
  for (const name of ['canary.txt', 'outside/canary.txt', 'outside/deep/x', 'x', 'etc']) {
    writeFileSync(join(root, name), `nobody writes to ${name}`);
  }
  symlinkSync('outside', join(root, 'link'));
  plantIn(folder);
  return {
    folder,
    look: () => [
      ...lookBelow(root, folder),
      ...strangers.map((path) => `${path} ${identityOf(lstatSync(path, { bigint: true }))}`),
    ],
  };
}

/** What stands in a folder before it is written to: by a mistake, or by somebody who knew what would be. */
export function plantIn(folder: string): void {
  writeFileSync(join(folder, 'there.txt'), 'other content');
  mkdirSync(join(folder, 'there'));
  symlinkSync('../outside', join(folder, 'link-to-folder'));
  symlinkSync('../canary.txt', join(folder, 'link-to-file'));
  symlinkSync('../nothing-yet', join(folder, 'link-to-nothing'));
  symlinkSync('.', join(folder, 'link-to-itself'));
  // Under the names of what a download keeps beside its target.
  symlinkSync('../canary.txt', join(folder, 'part-is-link.cardume-part'));
  symlinkSync('../nothing-yet', join(folder, 'part-leads-nowhere.cardume-part'));
  symlinkSync('../canary.txt', join(folder, 'journal-is-link.cardume-journal'));
  symlinkSync('../canary.txt', join(folder, 'lock-is-link.cardume-lock'));
  mkdirSync(join(folder, 'part-is-folder.cardume-part'));
}

/** All paths below a folder but those below another one, with what they are. */
export function lookBelow(folder: string, except: string): string[] {
  const found = [`${folder} ${identityOf(lstatSync(folder, { bigint: true }))}`];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (path === except) continue;
    if (entry.isDirectory()) found.push(...lookBelow(path, except));
    else
      found.push(`${path} ${identityOf(lstatSync(path, { bigint: true }))} ${contentOf(path, entry.isSymbolicLink())}`);
  }
  return found.sort();
}

/** Of a file: which one it is, and when it was changed last, by whatever means. */
function identityOf({ dev, ino, mode, nlink, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, mode, nlink, size, mtimeNs, ctimeNs].join(' ');
}

function contentOf(path: string, isLink: boolean): string {
  if (isLink) return readlinkSync(path);
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
