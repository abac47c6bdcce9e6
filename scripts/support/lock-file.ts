import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './repository.ts';

/** What package-lock.json says of one package, as far as our scripts use it. */
export interface LockedPackage {
  version?: string;
  cpu?: string[];
  dev?: boolean;
  libc?: string[];
  optional?: boolean;
  os?: string[];
  optionalDependencies?: Record<string, string>;
}

/** package-lock.json. */
export interface LockFile {
  packages: Record<string, LockedPackage>;
}

/** An optional dependency that the lock file has no entry of. */
export interface MissingPackage {
  name: string;
  version: string;
  dependent: LockedPackage;
}

export const lockFilePath = join(root, 'package-lock.json');

export function readLockFile(): LockFile {
  return JSON.parse(readFileSync(lockFilePath, 'utf8'));
}

/**
 * The optional dependencies without an entry: npm leaves out those that its registry does not have, such as the
 * builds of a tool for other platforms. `npm ci` then refuses the file, here and everywhere.
 */
export function missingPackages({ packages }: LockFile): MissingPackage[] {
  const locked = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  return Object.values(packages).flatMap((dependent) =>
    Object.entries(dependent.optionalDependencies ?? {})
      .filter(([name]) => !locked.has(name))
      .map(([name, version]) => ({ name, version, dependent })),
  );
}
