import { CardumeError, lastPart, maxNamePartBytes, nameProblem, printable } from '@cardume/client';

/** A path that its owner asked to share. */
export interface AskedPath {
  /** As it was written, made absolute. */
  path: string;
  /** The same with every symbolic link resolved. */
  realPath: string;
  kind: 'file' | 'folder';
}

/** A shared path with its place among the names. */
export interface ShareRoot {
  realPath: string;
  kind: 'file' | 'folder';
  /** The name of a shared file, or what stands before the names in a folder: empty, or with a `/` at its end. */
  prefix: string;
}

/**
 * Says under which name a folder is shared as one thing, by what stands before the names in it; undefined when it has none.
 *
 * It always begins with the name of the folder that was asked for, also where the names of files do not.
 */
export function folderNames(asked: readonly AskedPath[]): (prefix: string) => string | undefined {
  const [first] = asked;
  const own = asked.length === 1 && first?.kind === 'folder' ? ownName(first.path) : '';
  return (prefix) => {
    const name = own === '' ? prefix.slice(0, -1) : `${own}/${prefix}`.slice(0, -1);
    return nameProblem(name) === null ? name : undefined;
  };
}

/**
 * Gives each shared path its place among the names: those in a folder that is shared alone are relative to it; those
 * in one of several begin with its own name; a shared file has its own name.
 *
 * @throws CardumeError INVALID_FIELD when two paths would have the same names, or one has no name that can be shared
 */
export function planRoots(asked: readonly AskedPath[]): ShareRoot[] {
  const [first] = asked;
  if (asked.length === 1 && first?.kind === 'folder') return [{ realPath: first.realPath, kind: 'folder', prefix: '' }];
  const pathOfName = new Map<string, string>();
  return asked.map(({ path, realPath, kind }) => {
    const name = ownName(path);
    const problem = nameProblem(name);
    if (problem !== null) {
      throw CardumeError.invalidField('PATH', `${printable(path)} cannot be shared by its name: ${problem}`);
    }
    const other = pathOfName.get(name);
    if (other !== undefined) {
      throw CardumeError.invalidField(
        'PATH',
        `${printable(other)} and ${printable(path)} would both be shared as "${name}"; rename one, or share one of them with another peer`,
      );
    }
    pathOfName.set(name, path);
    return { realPath, kind, prefix: kind === 'folder' ? `${name}/` : name };
  });
}

/** Under which name a path that was asked for is shared as one thing; undefined when it was not. */
export function nameOfAsked(
  asked: readonly AskedPath[],
  path: string,
): { name: string; kind: AskedPath['kind'] } | undefined {
  const found = asked.find((one) => one.path === path);
  return found === undefined ? undefined : { name: ownName(found.path), kind: found.kind };
}

/** What a share is called when its owner does not say: the name of its one path, or how many there are; '' without one. */
export function defaultShareName(asked: readonly AskedPath[]): string {
  const [first] = asked;
  if (first === undefined) return '';
  if (asked.length > 1) {
    const folders = asked.filter(({ kind }) => kind === 'folder').length;
    return folders === asked.length ? `${asked.length} folders` : `${asked.length} files and folders`;
  }
  const name = printable(ownName(first.path));
  return name === '' || Buffer.byteLength(name) > maxNamePartBytes ? 'shared' : name;
}

function ownName(path: string): string {
  return lastPart(path).normalize('NFC');
}
