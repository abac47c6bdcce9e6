import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { forEachConcurrently } from '../../core/concurrency/for-each-concurrently.ts';
import { partNames } from '../../core/download/part-names.ts';
import { caseCollision } from '../../core/folder/case-collision.ts';
import type { FolderFile } from '../../core/folder/folder-manifest.ts';
import { type FolderContent, refused } from '../../core/folder/parse-folder-manifest.ts';
import { printable } from '../../core/names/printable.ts';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';
import { hashFile } from './hash-file.ts';

/** A file of a folder that stands where it is to be. */
export interface StandingFile {
  file: FolderFile;
  stats: Stats;
}

/** What there is of a folder. */
export interface TreeState {
  /** The files that are there as they are to be. */
  unchanged: StandingFile[];
  /** Those that have other content. */
  changed: StandingFile[];
  /** Those that are not there. */
  missing: FolderFile[];
  /** Those that stand there with a part beside them: an earlier run may have been killed when it gave it the file's name. */
  leftovers: FolderFile[];
  /** How many bytes are still to be written, those of files not counted of which a part is there. */
  neededBytes: number;
}

/** How many folders, and how many files, are looked at at once. */
const looksAtOnce = 32;
/** How many files are hashed at once: while one is hashed, others are being read. */
const hashesAtOnce = 8;

/**
 * Looks at what stands where a folder is to be, and changes nothing.
 *
 * @param path where it is to be
 * @param onHashed called with how many bytes of files have been hashed so far
 * @throws CardumeError FOLDER_REFUSED when something stands in the way that is no folder, or no file, or a link; or when two
 *   of its names are one on this disk
 */
export async function inspectTree(
  path: string,
  content: FolderContent,
  onHashed: (hashedBytes: number) => void,
  signal: AbortSignal,
): Promise<TreeState> {
  await checkCase(path, content);
  const inspection = new TreeInspection(path, content, signal);
  await inspection.walk();
  await inspection.compare(onHashed);
  return inspection.state;
}

class TreeInspection {
  readonly state: TreeState = { unchanged: [], changed: [], missing: [], leftovers: [], neededBytes: 0 };
  readonly #path: string;
  readonly #inFolders: ReturnType<typeof groupByFolder>;
  readonly #signal: AbortSignal;
  readonly #standing: FolderFile[] = [];
  /** The folders that are looked at next. */
  #next: string[] = [''];

  constructor(path: string, content: FolderContent, signal: AbortSignal) {
    this.#path = path;
    this.#inFolders = groupByFolder(content);
    this.#signal = signal;
  }

  /** Looks at what there is, by its name and kind. */
  async walk(): Promise<void> {
    const stats = await statsOf(this.#path);
    if (stats !== undefined && !stats.isDirectory()) throw inTheWay(this.#path, stats, 'folder');
    while (this.#next.length > 0) {
      await forEachConcurrently(this.#next.splice(0), looksAtOnce, (folder) => this.#look(folder));
    }
  }

  /** Hashes what can be as it is to be. */
  async compare(onHashed: (hashedBytes: number) => void): Promise<void> {
    let hashedBytes = 0;
    await forEachConcurrently(this.#standing, hashesAtOnce, async (file) => {
      await this.#compare(file);
      hashedBytes += file.sizeBytes;
      onHashed(hashedBytes);
    });
  }

  async #look(folder: string): Promise<void> {
    this.#signal.throwIfAborted();
    const { files, folders } = this.#inFolders.get(folder) ?? { files: [], folders: [] };
    const entries = new Map((await readFolder(join(this.#path, folder))).map((entry) => [entry.name, entry]));
    for (const file of files) this.#lookAtFile(file, entries);
    for (const name of folders) {
      const entry = entries.get(basename(name));
      if (entry !== undefined && !entry.isDirectory()) throw inTheWay(join(this.#path, name), entry, 'folder');
      this.#next.push(name);
    }
  }

  #lookAtFile(file: FolderFile, entries: ReadonlyMap<string, Dirent>): void {
    const name = basename(file.name);
    const entry = entries.get(name);
    if (entry !== undefined) {
      if (!entry.isFile()) throw inTheWay(join(this.#path, file.name), entry, 'file');
      this.#standing.push(file);
      if (entries.has(partNames(name).part)) this.state.leftovers.push(file);
      return;
    }
    this.state.missing.push(file);
    if (!entries.has(partNames(name).part)) this.state.neededBytes += file.sizeBytes;
  }

  async #compare(file: FolderFile): Promise<void> {
    const path = join(this.#path, file.name);
    const stats = await statsOf(path);
    if (stats === undefined) {
      this.state.missing.push(file);
      return;
    }
    const isSame = stats.size === file.sizeBytes && (await digestOf(path, this.#signal)) === file.digest;
    (isSame ? this.state.unchanged : this.state.changed).push({ file, stats });
    if (!isSame) this.state.neededBytes += file.sizeBytes;
  }
}

/** The digest of a file; undefined when it is being changed. */
async function digestOf(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await hashFile(path, { signal })).digest;
  } catch (error) {
    if (CardumeError.is(error) && error.reason === 'FILE_CHANGED') return undefined;
    throw error;
  }
}

/** What is directly in each folder, by its name; '' is the whole. */
function groupByFolder({ files, folders }: FolderContent): Map<string, { files: FolderFile[]; folders: string[] }> {
  const inFolders = new Map<string, { files: FolderFile[]; folders: string[] }>();
  const groupOf = (name: string) => {
    const folder = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    const group = inFolders.get(folder) ?? { files: [], folders: [] };
    inFolders.set(folder, group);
    return group;
  };
  for (const file of files) groupOf(file.name).files.push(file);
  for (const folder of folders) groupOf(folder).folders.push(folder);
  return inFolders;
}

async function readFolder(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function inTheWay(path: string, entry: Dirent | Stats, wanted: 'file' | 'folder'): CardumeError {
  const what = entry.isSymbolicLink() ? 'a symbolic link' : entry.isDirectory() ? 'a folder' : `no ${wanted}`;
  const problem = `${printable(path)} is ${what}, where a ${wanted} is to be; move it away, or choose another place`;
  return new CardumeError('FOLDER_REFUSED', `nothing was written: ${problem}`, { metadata: { path } });
}

/** Refuses names that are one on a disk that does not tell upper from lower case. */
async function checkCase(path: string, { files, folders }: FolderContent): Promise<void> {
  const collision = caseCollision([...folders, ...files.map(({ name }) => name)]);
  if (collision === undefined || (await tellsCaseApart(path))) return;
  const [one, other] = collision.map((name) => `"${printable(name)}"`);
  throw refused(`${one} and ${other} are one name on this disk; get it to one that tells upper from lower case`);
}

/** Whether the file system does, as far as the folders show that are there already. */
async function tellsCaseApart(path: string): Promise<boolean> {
  for (let folder = path; dirname(folder) !== folder; folder = dirname(folder)) {
    const stats = await statsOf(folder);
    const name = basename(folder);
    const swapped = name.toLowerCase() === name ? name.toUpperCase() : name.toLowerCase();
    if (stats === undefined || swapped === name) continue;
    const other = await statsOf(join(dirname(folder), swapped));
    return other === undefined || other.ino !== stats.ino || other.dev !== stats.dev;
  }
  return false;
}
