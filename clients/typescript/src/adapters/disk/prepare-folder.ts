import { mkdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkTargetName } from '../../core/download/check-target-name.ts';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';

/**
 * Checks a target's name and makes its folder.
 *
 * @returns the folder's absolute path
 * @throws CardumeError UNSAFE_NAME: see {@link checkTargetName}; LOCAL_IO_FAILED when a file stands in the way
 */
export async function prepareFolder(folder: string, name: string): Promise<string> {
  checkTargetName(name);
  const path = resolve(folder);
  try {
    await mkdir(path, { recursive: true });
    // One folder has one path here, however it was spelled: errors and results name the same one.
    return await realpath(path);
  } catch (error) {
    const isFile = errnoOf(error) === 'EEXIST' || errnoOf(error) === 'ENOTDIR';
    if (isFile)
      throw new CardumeError('LOCAL_IO_FAILED', `${path} is not a folder; name another one`, { cause: error });
    throw error;
  }
}
