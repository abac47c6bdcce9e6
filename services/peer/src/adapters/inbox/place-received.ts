import { constants } from 'node:fs';
import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CardumeError, errnoOf } from '@cardume/client';
import { isGone } from '../errno-text.ts';

/**
 * Gives what is whole and verified its name in the inbox, the first of some that nothing has. Nothing that stands there is ever
 * replaced.
 *
 * @param from where it lies, on the same disk
 * @param names what it may be called
 * @returns the name that it has
 * @throws CardumeError LIMIT_REACHED when all of them are taken
 */
export async function placeReceived(
  from: string,
  folder: string,
  names: Iterable<string>,
  isFolder: boolean,
): Promise<string> {
  let tried = 0;
  for (const name of names) {
    tried += 1;
    if (!(await (isFolder ? placeFolder : placeFile)(from, join(folder, name)))) continue;
    await syncFolder(folder);
    return name;
  }
  throw new CardumeError('LIMIT_REACHED', `${tried} names in the inbox of this peer have other content`, {
    metadata: { limit: 'maxNumberedNames' },
  });
}

async function placeFile(from: string, path: string): Promise<boolean> {
  try {
    // Unlike rename(2), link(2) never replaces what stands there.
    await link(from, path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return false;
    // exFAT and some network file systems have no links.
    if (errno === 'EPERM' || errno === 'ENOTSUP' || errno === 'EOPNOTSUPP' || errno === 'ENOSYS') {
      return placeFolder(from, path);
    }
    throw error;
  }
  await unlink(from);
  return true;
}

async function placeFolder(from: string, path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  await rename(from, path);
  return true;
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems cannot flush a folder; the name is then as durable as they make it.
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOTSUP') throw error;
  }
}
