import { isUtf8 } from 'node:buffer';
import { CardumeError } from '../../errors/cardume-error.ts';
import { emptyFileDigest } from '../digest/manifest.ts';
import { maxFileSizeBytes } from '../digest/piece-length.ts';
import { isWorkingName } from '../download/part-names.ts';
import type { FolderSummary } from '../model/shared-file.ts';
import { nameProblem } from '../names/name-problem.ts';
import { printable } from '../names/printable.ts';
import { compareUtf8 } from './compare-utf8.ts';
import {
  type FolderEntry,
  type FolderFile,
  folderEntryLine,
  folderManifestHeader,
  maxFolderEntries,
  maxFolderManifestBytes,
  maxFoldersInFolder,
} from './folder-manifest.ts';
import { parentsOf } from './parents-of.ts';

/** A folder's content, checked. */
export interface FolderContent extends FolderSummary {
  /** In the order of the bytes of their names. */
  files: FolderFile[];
  /** The names of all folders in it, those before that they are in. */
  folders: string[];
}

/**
 * Reads a folder's manifest, which may be anybody's. What it returns can be written below one folder: every name is safe,
 * stands there once, and is either a file's or a folder's.
 *
 * There is one manifest for each content, so that everything that is not exactly as it is to be is refused.
 *
 * @throws CardumeError FOLDER_REFUSED
 */
export function parseFolderManifest(bytes: Uint8Array): FolderContent {
  if (bytes.length > maxFolderManifestBytes) throw refused(`it is longer than ${maxFolderManifestBytes} bytes`);
  if (!isUtf8(bytes)) throw refused('it is not valid UTF-8');
  const content = new ContentBuilder();
  let isHeader = true;
  for (const line of linesOf(bytes)) {
    if (!isHeader) content.add(line);
    else if (line !== folderManifestHeader) throw refused('it does not begin as one of this version');
    isHeader = false;
  }
  if (isHeader) throw refused('it is empty');
  return content.finish();
}

/** The error for a folder that is not written. */
export function refused(problem: string): CardumeError {
  return new CardumeError('FOLDER_REFUSED', `the folder's manifest is refused, nothing was written: ${problem}`);
}

/** The lines of a text, each with its end. */
function* linesOf(bytes: Uint8Array): Generator<string, void, undefined> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0; start < buffer.length; ) {
    const newline = buffer.indexOf(0x0a, start);
    if (newline === -1) throw refused('its last line has no end');
    yield buffer.toString('utf8', start, newline + 1);
    start = newline + 1;
  }
}

class ContentBuilder {
  readonly #files: FolderFile[] = [];
  readonly #empty = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #sizeOfDigest = new Map<string, number>([[emptyFileDigest, 0]]);
  #last: string | undefined;
  #totalSizeBytes = 0;

  add(line: string): void {
    const entry = entryOf(line);
    if (entry === undefined || folderEntryLine(entry) !== line) throw refused(`"${shown(line)}" is no line of one`);
    const { name } = entry;
    const problem =
      nameProblem(name) ?? (name.split('/').some(isWorkingName) ? 'downloads work with such files' : null);
    if (problem !== null) throw refused(`"${shown(name)}" is not a safe name: ${problem}`);
    if (this.#last !== undefined && compareUtf8(this.#last, name) >= 0) {
      throw refused(this.#last === name ? `"${shown(name)}" stands there twice` : 'its names are not in order');
    }
    this.#last = name;
    if (entry.kind === 'empty') this.#empty.add(name);
    else this.#addFile(entry);
    if (this.#files.length + this.#empty.size > maxFolderEntries)
      throw refused(`it has over ${maxFolderEntries} entries`);
    this.#addParents(name);
    if (this.#folders.size > maxFoldersInFolder) throw refused(`it has over ${maxFoldersInFolder} folders`);
  }

  finish(): FolderContent {
    const both = [...this.#files.map(({ name }) => name), ...this.#empty].find((name) => this.#folders.has(name));
    if (both !== undefined) throw refused(`"${shown(both)}" has something in it, and is no folder that can`);
    return {
      files: this.#files,
      folders: [...this.#folders, ...this.#empty].sort(compareUtf8),
      fileCount: this.#files.length,
      totalSizeBytes: this.#totalSizeBytes,
    };
  }

  #addParents(name: string): void {
    for (const parent of parentsOf(name)) {
      // Its own parents are there, too.
      if (this.#folders.has(parent)) return;
      this.#folders.add(parent);
    }
  }

  #addFile(file: FolderFile): void {
    const { digest, sizeBytes, name } = file;
    // Of one content there is one size: the digest says which.
    const known = this.#sizeOfDigest.get(digest) ?? sizeBytes;
    if (known !== sizeBytes || (sizeBytes === 0 && digest !== emptyFileDigest)) {
      throw refused(`"${shown(name)}" has not the size of its digest`);
    }
    if (sizeBytes > maxFileSizeBytes) throw refused(`"${shown(name)}" is larger than 16 TiB`);
    this.#sizeOfDigest.set(digest, sizeBytes);
    this.#files.push(file);
    this.#totalSizeBytes += sizeBytes;
    if (!Number.isSafeInteger(this.#totalSizeBytes)) throw refused('its files have more bytes than can be counted');
  }
}

const fileLine = /^(file|exec) ([0-9a-f]{64}) (\d{1,14}) (.*)\n$/s;
const emptyLine = /^empty (.*)\n$/s;

function entryOf(line: string): FolderEntry | undefined {
  const [, kind, digest = '', size, name = ''] = fileLine.exec(line) ?? [];
  if (kind !== undefined) return { kind: 'file', name, sizeBytes: Number(size), digest, executable: kind === 'exec' };
  const [, emptyName] = emptyLine.exec(line) ?? [];
  return emptyName === undefined ? undefined : { kind: 'empty', name: emptyName };
}

function shown(text: string): string {
  const line = text.trimEnd();
  return printable(line.length > 120 ? `${line.slice(0, 120)}…` : line);
}
