import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isGone } from '../errno-text.ts';

/** What stat(2) counts in. */
const blockBytes = 512;

/**
 * How many bytes the regular files at a path take: the file that it is, or those in the folder and its folders. Links are not
 * followed; what was not written yet of a file takes nothing.
 *
 * @param isLeftOut tells of a path whether it is passed over, with all that is in it
 * @param maxEntries with more entries than these, it is infinitely many
 */
export async function countBytes(
  start: string,
  isLeftOut: (path: string) => boolean,
  maxEntries: number,
): Promise<number> {
  const count = { bytes: await sizeOf(start), entries: 0 };
  const folders = [start];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of await entriesOf(next, maxEntries - count.entries + 1)) {
      count.entries += 1;
      const path = join(next, entry.name);
      if (isLeftOut(path)) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) count.bytes += await sizeOf(path);
    }
    if (count.entries > maxEntries) return Number.POSITIVE_INFINITY;
  }
  return count.bytes;
}

/** What is in a folder, as far as it is counted. Who owns it may take it away meanwhile. */
async function entriesOf(folder: string, most: number): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      entries.push(entry);
      if (entries.length >= most) break;
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return entries;
}

/** Of anything but a regular file, and of nothing, 0. */
async function sizeOf(path: string): Promise<number> {
  try {
    const stats = await lstat(path);
    return stats.isFile() ? Math.min(stats.size, stats.blocks * blockBytes) : 0;
  } catch (error) {
    if (isGone(error)) return 0;
    throw error;
  }
}
