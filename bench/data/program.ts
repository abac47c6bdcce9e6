import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program of others that may be installed here. */
export interface Program {
  readonly name: string;
  /** `rsync 3.2.7`; undefined when it is not installed. */
  version(): string | undefined;
  /** Where it is. Throws when it is not installed. */
  path(): string;
}

/** What says which version a program is. */
export interface ProgramInit {
  name: string;
  /** Arguments that make it write its version. */
  versionArgs: readonly string[];
  /** Its first group is the version. */
  pattern: RegExp;
  /** What it is called in a folder of PATH. Default: its name. */
  command?: string;
}

interface Found {
  path: string;
  version: string;
}

/** Servers are often where only an administrator's PATH leads. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/sbin', '/usr/local/sbin'];

/** Describes a program; nothing is looked for before it is asked for. */
export function program({ name, versionArgs, pattern, command = name }: ProgramInit): Program {
  let found: Found | undefined;
  let searched = false;
  const search = (): Found | undefined => {
    // Not just the first one: a version manager's Python hides the one that the distribution's packages are for.
    for (const path of folders.map((folder) => join(folder, command))) {
      if (!isExecutable(path)) continue;
      const { stdout, stderr } = spawnSync(path, versionArgs, { encoding: 'utf8' });
      const version = pattern.exec(`${stdout}\n${stderr}`)?.[1];
      if (version !== undefined) return { path, version: `${name} ${version}` };
    }
    return undefined;
  };
  const find = (): Found | undefined => {
    if (!searched) found = search();
    searched = true;
    return found;
  };
  return {
    name,
    version: () => find()?.version,
    path: () => {
      const path = find()?.path;
      if (path === undefined) throw new Error(`${name} is not installed`);
      return path;
    },
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
