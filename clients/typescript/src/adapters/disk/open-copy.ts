import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { LocalCopy } from '../../core/model/local-copies.ts';

/**
 * Opens what may be a copy, for reading.
 *
 * Where it is comes from a file that anything of this user may have written, so it must be a regular file of the right size,
 * and of the time that was noted: no link at its end is followed, no pipe waited for, no device touched.
 *
 * @returns undefined when it is none that can be used
 */
export async function openCopy({ path, sizeBytes, kind, modifyTimeMs }: LocalCopy): Promise<FileHandle | undefined> {
  if (!isAbsolute(path)) return undefined;
  let file: FileHandle;
  try {
    // Opening a device may already do something to it, so it is looked at before.
    if (!(await lstat(path)).isFile()) return undefined;
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = await file.stat({ bigint: true });
    const isSame = kind === 'part' || stat.mtimeNs / 1_000_000n === BigInt(Math.trunc(modifyTimeMs));
    if (stat.isFile() && stat.size === BigInt(sizeBytes) && isSame) return file;
  } catch {
    // A disk that fails has no copy.
  }
  await file.close();
  return undefined;
}

/** What is to be noted of a finished file; undefined when it is not there. */
export async function describeCopy(digest: string, sizeBytes: number, path: string): Promise<LocalCopy | undefined> {
  try {
    const { mtimeNs } = await lstat(path, { bigint: true });
    return { digest, sizeBytes, path, kind: 'file', modifyTimeMs: Number(mtimeNs / 1_000_000n) };
  } catch {
    return undefined;
  }
}
