import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { CardumeError, cardumeErrorFrom, errnoOf, printable } from '@cardume/client';

/**
 * The folder where a share remembers its digests and identity: one for each set of paths, so that the same share is
 * the same peer again, and two shares on one machine do not get into each other's way.
 *
 * @param paths what is shared, in any order
 * @throws CardumeError INVALID_FIELD when a path does not exist, LOCAL_IO_FAILED when it cannot be resolved
 */
export async function shareStateFolder(stateHome: string, paths: readonly string[]): Promise<string> {
  const realPaths = await Promise.all(paths.map(resolvePath));
  const id = createHash('sha256').update(realPaths.sort().join('\0')).digest('hex').slice(0, 16);
  return join(stateHome, 'peers', id);
}

async function resolvePath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT')
      throw CardumeError.invalidField('PATH', `there is no file or folder ${printable(path)}`);
    throw cardumeErrorFrom(error, path);
  }
}
