import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isOnDevice } from '../core/file-stamp.ts';
import type { FileState } from './digest-cache.ts';
import { isGone } from './errno-text.ts';

/**
 * Whether a file is gone for good: nothing stands under its path, and the disk that it was on is there. Where a disk is
 * not mounted now, or a folder cannot be read, nobody knows.
 */
export async function hasVanished({ path, stamp }: FileState): Promise<boolean> {
  try {
    if ((await find(path)) !== undefined) return false;
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const stats = await find(folder);
      if (stats !== undefined) return isOnDevice(stamp, stats.dev);
    }
  } catch {
    return false;
  }
}

async function find(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
