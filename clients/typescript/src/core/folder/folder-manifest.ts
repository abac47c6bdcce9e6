import { compareUtf8 } from './compare-utf8.ts';

/** How many files and empty folders a folder has at the most, when it is shared as one thing. */
export const maxFolderEntries = 200_000;
/** How many folders are in it at the most. */
export const maxFoldersInFolder = 200_000;
/** How many bytes its manifest has at the most: whoever fetches a folder holds it in memory. */
export const maxFolderManifestBytes = 64 * 1024 * 1024;

/** A regular file in a folder. */
export interface FolderFile {
  kind: 'file';
  /** Relative to the folder, with `/` between its folders. */
  name: string;
  sizeBytes: number;
  /** 64 lower-case hex digits. */
  digest: string;
  /** Whether its owner may execute it. */
  executable: boolean;
}

/** A folder in a folder that has nothing in it. One that has is known by what is in it. */
export interface EmptyFolder {
  kind: 'empty';
  name: string;
}

/** What stands in a folder's manifest. */
export type FolderEntry = FolderFile | EmptyFolder;

/** The first line of each manifest. */
export const folderManifestHeader = 'cardume-folder 1\n';

/** The line of an entry: see docs/protocol.md. */
export function folderEntryLine(entry: FolderEntry): string {
  if (entry.kind === 'empty') return `empty ${entry.name}\n`;
  return `${entry.executable ? 'exec' : 'file'} ${entry.digest} ${entry.sizeBytes} ${entry.name}\n`;
}

/**
 * The manifest of a folder: the same entries, in whatever order, give the same bytes, and so one digest.
 *
 * @param entries no name twice
 */
export function folderManifest(entries: Iterable<FolderEntry>): Buffer {
  const lines = [...entries].toSorted((a, b) => compareUtf8(a.name, b.name)).map(folderEntryLine);
  return Buffer.from(folderManifestHeader + lines.join(''));
}
