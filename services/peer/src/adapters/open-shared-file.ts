import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CardumeError, errnoOf } from '@cardume/client';
import { stampOf } from '../core/file-stamp.ts';
import type { OpenFile } from '../core/open-file.ts';
import type { ShareEntry } from '../core/share-list.ts';
import { descriptorsSpent, isOutOfDescriptors } from './descriptors-spent.ts';
import { isGone } from './errno-text.ts';
import { readFully, storageFailed } from './read-fully.ts';

/**
 * Opens a shared file for reading, and lets no byte out that is not of the file that was hashed.
 *
 * Every write call moves the file's change time before it moves its bytes, and no program can set that time back. So
 * the file is looked at after each read, before the bytes are handed on: when nothing moved, they are those that were
 * hashed.
 *
 * The exception is a program that stores through a shared memory map: the change time moves with its first store to a
 * page, and again only after the kernel has written that page back. A later store in between changes bytes unseen
 * here, and it is the receiver, who verifies each piece, that refuses them.
 *
 * @throws CardumeError FILE_CHANGED when the path leads to nothing, to a link, or to another file or state of it;
 *   LIMIT_REACHED when no descriptor is left; STORAGE_FAILED when the disk refuses
 */
export async function openSharedFile(entry: ShareEntry): Promise<OpenFile> {
  const handle = await openUnfollowed(entry);
  try {
    await checkUnchanged(handle, entry);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    read: (buffer, position) => readUnchanged(handle, entry, buffer, position),
    close: () => handle.close(),
  };
}

async function openUnfollowed(entry: ShareEntry): Promise<FileHandle> {
  try {
    return await open(entry.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isOutOfDescriptors(error)) throw descriptorsSpent(error);
    // ELOOP: a link took its place; EACCES: its owner took it back; ENXIO: a socket stands there.
    const isOther = isGone(error) || ['ELOOP', 'EACCES', 'EPERM', 'ENXIO', 'EISDIR'].includes(errnoOf(error) ?? '');
    throw isOther ? fileChanged(entry) : storageFailed(error);
  }
}

async function readUnchanged(handle: FileHandle, entry: ShareEntry, buffer: Uint8Array, position: number) {
  const length = await readFully(handle, buffer, position);
  await checkUnchanged(handle, entry);
  if (length < buffer.length) throw fileChanged(entry);
}

async function checkUnchanged(handle: FileHandle, entry: ShareEntry): Promise<void> {
  if (stampOf(await handle.stat({ bigint: true })) !== entry.stamp) throw fileChanged(entry);
}

function fileChanged({ name, digest }: ShareEntry): CardumeError {
  const message = `${name} is no longer the file that this peer hashed; search the index for who has it`;
  return new CardumeError('FILE_CHANGED', message, { metadata: { name, digest } });
}
