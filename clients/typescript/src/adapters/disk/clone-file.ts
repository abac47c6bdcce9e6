import { constants } from 'node:fs';
import { copyFile, type FileHandle } from 'node:fs/promises';

/**
 * Makes an open file have the bytes of another one without copying them, where the file system can (btrfs, XFS, ZFS, bcachefs):
 * both then share what is on the disk until one of them changes.
 *
 * Node clones paths only. Those in `/proc/self/fd` lead to the very files that are open, whatever their names have become; where
 * there are none, on other systems than Linux, nothing is cloned.
 *
 * @param target open for writing; what it had is gone, whatever comes of this; its mode stays
 * @param sizeBytes how long both are
 * @returns whether it could be; when not, the target is a hole of the same length
 */
export async function cloneFile(source: FileHandle, target: FileHandle, sizeBytes: number): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const { mode: sourceMode } = await source.stat();
  // The mode is copied before the bytes, and what is not verified yet must not run as somebody.
  if ((sourceMode & 0o7000) !== 0) return false;
  const { mode } = await target.stat();
  const pathOf = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;
  let isCloned = true;
  try {
    await copyFile(pathOf(source), pathOf(target), constants.COPYFILE_FICLONE_FORCE);
  } catch {
    // Another file system, or one that cannot. Node would then remove the target, which by this path it cannot.
    isCloned = false;
  }
  await target.chmod(mode & 0o7777);
  if ((await target.stat()).size === sizeBytes) return isCloned;
  await target.truncate(sizeBytes);
  return false;
}
