import { lstat } from 'node:fs/promises';
import type { ScannedFile } from '../core/scanned-file.ts';
import { scannedFileOf } from './scanned-file-of.ts';

/** Looks at a scanned file again; undefined when there is no regular file any more under its path. */
export async function restatFile({ name, path }: Pick<ScannedFile, 'name' | 'path'>): Promise<ScannedFile | undefined> {
  try {
    const stats = await lstat(path, { bigint: true });
    return stats.isFile() ? scannedFileOf(name, path, stats) : undefined;
  } catch {
    // Whatever hides it now, the next scan says what to think of it.
    return undefined;
  }
}
