import type { FolderContent } from '../../core/folder/parse-folder-manifest.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { inspectTree } from './inspect-tree.ts';

/** Whether all that is in a folder stands below a path, with its very content. What stands there besides is not looked at. */
export async function isFolderAt(path: string, content: FolderContent, signal: AbortSignal): Promise<boolean> {
  try {
    const { changed, missing } = await inspectTree(path, content, () => undefined, signal);
    return changed.length === 0 && missing.length === 0;
  } catch (error) {
    // Something else stands in the way.
    if (CardumeError.is(error) && error.reason === 'FOLDER_REFUSED') return false;
    throw error;
  }
}
