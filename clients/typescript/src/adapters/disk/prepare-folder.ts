import { mkdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkName } from '../../core/names/name-problem.ts';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';

/**
 * Checks a target's name and makes its folder.
 *
 * @returns the folder's absolute path
 * @throws CardumeError UNSAFE_NAME when the name, which may come from an index or a peer, is no single safe part
 */
export async function prepareFolder(folder: string, name: string): Promise<string> {
  checkName(name, 'name');
  if (name.includes('/')) {
    throw CardumeError.invalidField('name', 'must be a file name without folders', 'UNSAFE_NAME');
  }
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
