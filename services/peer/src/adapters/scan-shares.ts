import type { BigIntStats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { isWorkingName, maxFileSizeBytes, nameProblem, printable } from '@cardume/client';
import { maxDescribedSkips, maxSharedFiles, maxSharedFolders } from '../core/limits.ts';
import type { NameTest } from '../core/name-rules.ts';
import type { ScannedFile, ScanResult, SkippedPath } from '../core/scanned-file.ts';
import type { ShareRoot } from '../core/share-root.ts';
import { takeName } from '../core/take-name.ts';
import { errnoText, isGone } from './errno-text.ts';
import { type FolderEntry, readFolder } from './read-folder.ts';
import { scannedFileOf } from './scanned-file-of.ts';

/** What a scan needs. */
export interface ScanInit {
  roots: readonly ShareRoot[];
  /** Which names are left out without a word. */
  exclude: NameTest;
  /** The real paths of files, and folders with all in them, that are never shared and not told of: the peer's own state, and keys. */
  ownPaths: readonly string[];
  /**
   * Called with each folder, and each file that is shared by itself, before it is read, so that a watch on it misses
   * nothing; and with what tells it from others that stood under the path before.
   */
  onFound: (path: string, identity: string) => void;
  signal: AbortSignal;
}

interface Folder {
  root: ShareRoot;
  path: string;
  /** What stands before the names in it. */
  prefix: string;
}

const foldersAtOnce = 4;

/**
 * Finds all that is to be shared. What cannot be is reported, and the rest is found all the same.
 *
 * Symbolic links are followed only to regular files inside the same shared folder: a link out of it would share what
 * its owner did not name, and one to a folder could lead in a circle.
 */
export async function scanShares(init: ScanInit): Promise<ScanResult> {
  const scan = new Scan(init);
  await scan.run();
  const { files, folders, skipped, skippedCount } = scan;
  return { files, folders, skipped, skippedCount };
}

class Scan {
  readonly files = new Map<string, ScannedFile>();
  readonly folders = new Set<string>();
  readonly skipped: SkippedPath[] = [];
  skippedCount = 0;
  readonly #init: ScanInit;
  readonly #folders: Folder[] = [];
  #folderCount = 0;

  constructor(init: ScanInit) {
    this.#init = init;
  }

  async run(): Promise<void> {
    for (const root of this.#init.roots) await this.#addRoot(root);
    while (this.#folders.length > 0) {
      this.#init.signal.throwIfAborted();
      await Promise.all(this.#folders.splice(-foldersAtOnce).map((folder) => this.#readFolder(folder)));
    }
  }

  skip(path: string, problem: string): void {
    this.skippedCount += 1;
    if (this.skipped.length < maxDescribedSkips) this.skipped.push({ path: printable(path), problem });
  }

  async #addRoot(root: ShareRoot): Promise<void> {
    const path = root.realPath;
    try {
      const stats = await lstat(path, { bigint: true });
      if (root.kind === 'folder' && stats.isDirectory()) this.#addFolder({ root, path, prefix: root.prefix }, stats);
      else if (root.kind === 'file' && stats.isFile()) {
        this.#init.onFound(path, identityOf(stats));
        this.#addFile(root.prefix, path, path, stats);
      } else this.skip(path, 'it is no longer what it was when sharing began; start again to share it');
    } catch (error) {
      this.skip(path, errnoText(error));
    }
  }

  #addFolder(folder: Folder, stats: BigIntStats): void {
    this.#folderCount += 1;
    if (this.#folderCount > maxSharedFolders) {
      this.skip(folder.path, `only ${maxSharedFolders} folders are shared by one peer`);
      return;
    }
    this.#init.onFound(folder.path, identityOf(stats));
    this.folders.add(folder.prefix);
    this.#folders.push(folder);
  }

  async #readFolder(folder: Folder): Promise<void> {
    try {
      for (const entry of await readFolder(folder.path)) await this.#addEntry(folder, entry);
    } catch (error) {
      if (!isGone(error)) this.skip(folder.path, errnoText(error));
    }
  }

  async #addEntry(folder: Folder, { diskName, path, stats }: FolderEntry): Promise<void> {
    if (isWorkingName(diskName) || isWithin(this.#init.ownPaths, path)) return;
    const name = folder.prefix + diskName.normalize('NFC');
    if (this.#init.exclude(name)) return;
    const problem = stats === undefined ? 'its name on the disk is not valid UTF-8' : nameProblem(name);
    if (problem !== null) this.skip(path, problem);
    else if (stats?.isDirectory()) this.#addFolder({ root: folder.root, path, prefix: `${name}/` }, stats);
    else if (stats?.isSymbolicLink()) await this.#addLink(folder.root, name, path);
    else if (stats?.isFile()) this.#addFile(name, path, path, stats);
    else this.skip(path, 'it is a pipe, a socket or a device');
  }

  async #addLink(root: ShareRoot, name: string, path: string): Promise<void> {
    try {
      const target = await realpath(path);
      if (isWithin(this.#init.ownPaths, target)) return;
      const stats = await lstat(target, { bigint: true });
      if (!isInside(root, target)) this.skip(path, 'it is a symbolic link out of the shared folder');
      else if (stats.isDirectory()) this.skip(path, 'it is a symbolic link to a folder');
      else if (stats.isFile()) this.#addFile(name, path, target, stats);
      else this.skip(path, 'it is a symbolic link to a pipe, a socket or a device');
    } catch (error) {
      this.skip(path, `it is a symbolic link whose target cannot be read: ${errnoText(error)}`);
    }
  }

  /** @param path where it stands, for messages @param realPath where it is opened */
  #addFile(name: string, path: string, realPath: string, stats: BigIntStats): void {
    if (this.files.size >= maxSharedFiles) {
      this.skip(path, `only ${maxSharedFiles} files are shared by one peer`);
      return;
    }
    if (stats.size > maxFileSizeBytes) {
      this.skip(path, 'it is larger than 16 TiB');
      return;
    }
    const loser = takeName(this.files, scannedFileOf(name, realPath, stats));
    if (loser !== undefined) this.skip(loser.path, loser.problem);
  }
}

/** The time of birth is part of it, since file systems give the inode of a deleted folder to the next one. */
function identityOf({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}.${ino}.${birthtimeNs}`;
}

function isInside(root: ShareRoot, path: string): boolean {
  const folder = root.realPath.endsWith(sep) ? root.realPath : root.realPath + sep;
  return path === root.realPath || (root.kind === 'folder' && path.startsWith(folder));
}

/** Whether a path is one of these, or lies in one. */
export function isWithin(paths: readonly string[], path: string): boolean {
  return paths.some((one) => path === one || path.startsWith(one + sep));
}
