import { constants } from 'node:fs';
import { copyFile, link, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { partNames } from '../../core/download/part-names.ts';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';
import { hashFile } from './hash-file.ts';

/** A copy to be made. */
export interface CopyJob {
  /** A file that has the content. */
  source: string;
  digest: string;
  /** A folder that is there. */
  folder: string;
  /** One safe part. */
  name: string;
  /** Whether to replace what has the name. */
  overwrite: boolean;
}

/**
 * Copies a file beside its target, where the file system can without copying its bytes; verifies the copy, and gives it its
 * name.
 *
 * @returns false when it cannot be had so: the source changed, something stands under the name, or a download of that
 *   name is under way
 * @throws an error of the operating system; CardumeError CANCELLED
 */
export async function copyVerified(job: CopyJob, signal: AbortSignal): Promise<boolean> {
  const { source, digest, folder, name, overwrite } = job;
  const part = join(folder, partNames(name).part);
  const target = join(folder, name);
  try {
    await copyFile(source, part, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' || errnoOf(error) === 'ENOENT') return false;
    await rm(part, { force: true });
    throw error;
  }
  try {
    if ((await hashFile(part, { signal })).digest !== digest) return false;
    await using file = await open(part, 'r+');
    await file.sync();
    if (overwrite) await rename(part, target);
    else await link(part, target);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    // Something stands there, or the file system has no links: the long way knows what to do.
    const isLongWay = ['EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errno ?? '');
    if (isLongWay || (CardumeError.is(error) && error.reason === 'FILE_CHANGED')) return false;
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}
