import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Gives a function that makes a new, empty folder in another one. */
export function newFolders(root: string): () => Promise<string> {
  let count = 0;
  return async () => {
    const folder = join(root, String(count++));
    await mkdir(folder);
    return folder;
  };
}
