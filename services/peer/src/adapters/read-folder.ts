import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isGone } from './errno-text.ts';

/** An entry of a folder. */
export interface FolderEntry {
  /** Its name on the disk; where that is not valid UTF-8, a likeness of it. */
  diskName: string;
  /** Its absolute path, made of `diskName`. */
  path: string;
  /** What it is itself, symbolic links not followed; undefined when its name is not valid UTF-8. */
  stats: BigIntStats | undefined;
}

const lookupsAtOnce = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a folder with what each entry is. An entry that vanishes meanwhile is left out.
 *
 * @throws what the file system says when the folder cannot be read
 */
export async function readFolder(folder: string): Promise<FolderEntry[]> {
  const names = await readdir(folder, { encoding: 'buffer' });
  const entries: FolderEntry[] = [];
  for (let start = 0; start < names.length; start += lookupsAtOnce) {
    const found = await Promise.all(names.slice(start, start + lookupsAtOnce).map((name) => lookUp(folder, name)));
    for (const entry of found) if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

async function lookUp(folder: string, rawName: Buffer): Promise<FolderEntry | undefined> {
  let diskName: string;
  try {
    diskName = utf8.decode(rawName);
  } catch {
    // The text that fs would make of it names another file or none, so it must not be opened by that.
    const likeness = rawName.toString();
    return { diskName: likeness, path: join(folder, likeness), stats: undefined };
  }
  const path = join(folder, diskName);
  try {
    return { diskName, path, stats: await lstat(path, { bigint: true }) };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
