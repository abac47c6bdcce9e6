import { lstat, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CardumeError, printable } from '@cardume/client';
import type { AskedPath } from '../core/share-root.ts';
import { errnoText } from './errno-text.ts';

/**
 * Looks up a path that is to be shared. It may be a symbolic link, since its owner named it.
 *
 * @throws CardumeError INVALID_FIELD when it does not exist, or is neither a file nor a folder
 */
export async function findAskedPath(text: string): Promise<AskedPath> {
  const path = resolve(text);
  const shown = printable(path);
  try {
    const realPath = await realpath(path);
    const stats = await lstat(realPath);
    if (stats.isDirectory()) return { path, realPath, kind: 'folder' };
    if (stats.isFile()) return { path, realPath, kind: 'file' };
  } catch (cause) {
    throw new CardumeError('INVALID_FIELD', `PATH: ${shown} cannot be shared: ${errnoText(cause)}`, {
      metadata: { field: 'PATH' },
      cause,
    });
  }
  throw CardumeError.invalidField('PATH', `${shown} cannot be shared: it is neither a file nor a folder`);
}
