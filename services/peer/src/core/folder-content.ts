import type { FolderSummary } from '@cardume/client';
import {
  compareUtf8,
  folderEntryLine,
  folderManifestHeader,
  maxFolderEntries,
  maxFoldersInFolder,
} from '@cardume/client/folders';
import type { ShareEntry, ShareList } from './share-list.ts';

/** How many lines a part has: making one takes a millisecond or two. */
const linesPerPart = 2_000;

/** The names of a share as they are now. */
export interface FolderNames {
  /** Those of the files. */
  list: ShareList;
  /** What stands before the names in each folder, in order. */
  folders: readonly string[];
}

/** What a folder has in it. */
export class FolderContent {
  readonly #list: ShareList;
  readonly #prefix: string;
  /** In the order of the manifest. */
  readonly #names: string[];
  readonly #empty = new Set<string>();
  /** Why it cannot be shared as one thing, in words. */
  readonly problem: string | undefined;

  /** @param prefix what stands before the names in it */
  constructor({ list, folders }: FolderNames, prefix: string) {
    this.#list = list;
    this.#prefix = prefix;
    const files = namesWith(list.sorted, prefix);
    const inner = namesWith(folders, prefix).filter((name) => name !== prefix);
    for (const [at, folder] of inner.entries()) {
      // In order, what is in a folder comes right after it.
      const isEmpty = inner[at + 1]?.startsWith(folder) !== true && !hasNameWith(files, folder);
      if (isEmpty) this.#empty.add(folder.slice(0, -1));
    }
    // Their names on the disk differ in their Unicode form.
    const both = inner.find((folder) => list.get(folder.slice(0, -1)) !== undefined);
    this.#names = [...files, ...this.#empty].sort(compareUtf8);
    if (both !== undefined)
      this.problem = `"${both.slice(0, -1)}" is both a file and a folder in it; rename one of them`;
    else if (this.#names.length > maxFolderEntries) this.problem = `it has over ${maxFolderEntries} files`;
    else if (inner.length > maxFoldersInFolder) this.problem = `it has over ${maxFoldersInFolder} folders`;
  }

  /** The bytes of its manifest, in parts, and what they sum up to so far. A file that goes meanwhile is left out. */
  *parts(): Generator<{ bytes: Buffer; summary: FolderSummary; modifyTimeMs: number | undefined }, void, undefined> {
    const summary = { fileCount: 0, totalSizeBytes: 0 };
    let modifyTimeMs: number | undefined;
    let text = folderManifestHeader;
    for (let start = 0; start === 0 || start < this.#names.length; start += linesPerPart) {
      for (const name of this.#names.slice(start, start + linesPerPart)) {
        const entry = this.#list.get(name);
        text += this.#line(name, entry);
        if (entry === undefined) continue;
        summary.fileCount += 1;
        summary.totalSizeBytes += entry.sizeBytes;
        modifyTimeMs = Math.max(modifyTimeMs ?? 0, entry.modifyTimeMs ?? 0);
      }
      yield { bytes: Buffer.from(text), summary: { ...summary }, modifyTimeMs };
      text = '';
    }
  }

  #line(name: string, entry: ShareEntry | undefined): string {
    const relative = name.slice(this.#prefix.length);
    if (this.#empty.has(name)) return folderEntryLine({ kind: 'empty', name: relative });
    if (entry === undefined) return '';
    const { sizeBytes, digest, executable = false } = entry;
    return folderEntryLine({ kind: 'file', name: relative, sizeBytes, digest, executable });
  }
}

/** Those of sorted names that begin with a text that ends with a slash. */
function namesWith(sorted: readonly string[], prefix: string): string[] {
  // What follows a slash is a zero: the names in between are those that begin with it.
  const end = prefix === '' ? sorted.length : firstFrom(sorted, `${prefix.slice(0, -1)}0`);
  return sorted.slice(firstFrom(sorted, prefix), end);
}

function hasNameWith(sorted: readonly string[], prefix: string): boolean {
  return sorted[firstFrom(sorted, prefix)]?.startsWith(prefix) === true;
}

function firstFrom(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
