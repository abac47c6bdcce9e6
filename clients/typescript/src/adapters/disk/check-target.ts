import { lstat, statfs } from 'node:fs/promises';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';
import { hashFile } from './hash-file.ts';

/** A file that a download is to become. */
export interface TargetFile {
  digest: string;
  sizeBytes: number;
}

/** What stands under the target's name: nothing, the very content, or something else. */
export type TargetState = 'free' | 'same' | 'other';

/** Looks at what stands under a target's name; a file of the same size is hashed. */
export async function inspectTarget(
  path: string,
  file: TargetFile,
  onProgress: (hashedBytes: number) => void,
  signal?: AbortSignal,
): Promise<TargetState> {
  try {
    const stat = await lstat(path);
    if (!stat.isFile() || stat.size !== file.sizeBytes) return 'other';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'free';
    throw error;
  }
  const { digest } = await hashFile(path, { onProgress, signal });
  return digest === file.digest ? 'same' : 'other';
}

/**
 * Refuses a download that cannot fit, before any byte of it is fetched.
 *
 * @param neededBytes how many bytes are still to be written
 * @throws CardumeError DISK_FULL
 */
export async function checkSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  // Some network file systems do not say how large they are: then the writes will tell.
  if (neededBytes <= freeBytes || blocks === 0) return;
  throw new CardumeError('DISK_FULL', `${folder} has ${freeBytes} bytes free, and ${neededBytes} more are needed`, {
    metadata: { needed_bytes: String(neededBytes), free_bytes: String(freeBytes) },
  });
}
