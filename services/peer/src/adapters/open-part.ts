import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CardumeError, printable } from '@cardume/client';
import type { OpenFile } from '../core/open-file.ts';
import type { ScannedFile } from '../core/scanned-file.ts';
import { descriptorsSpent, isOutOfDescriptors } from './descriptors-spent.ts';
import { errnoText } from './errno-text.ts';
import { readFully } from './read-fully.ts';
import { scannedFileOf } from './scanned-file-of.ts';

/** A file that a download is writing, held open to be read from, whatever name it gets. */
export interface Part {
  /** Opens it for one reader; to be closed by that one. */
  open(): OpenFile;
  /**
   * Describes what stands under a path.
   *
   * @throws CardumeError INVALID_FIELD when it is not this very file
   */
  describe(name: string, path: string): Promise<ScannedFile>;
  /** Lets go of it once the last reader has. */
  close(): Promise<void>;
}

/**
 * Opens the file of a download.
 *
 * Its times say nothing, since it is being written: other than those of a file that was hashed, they are not looked at.
 * What is read are pieces that were verified, of which the download writes no byte any more. Should somebody else, then
 * the receiver refuses them, who verifies each piece.
 *
 * @throws CardumeError INVALID_FIELD when it is not there, no regular file, or not as long as it is to be; LIMIT_REACHED when
 *   no descriptor is left
 */
export async function openPart(path: string, sizeBytes: number): Promise<Part> {
  const handle = await openUnfollowed(path);
  let users = 1;
  const letGo = async (): Promise<void> => {
    users -= 1;
    if (users === 0) await handle.close();
  };
  const stats = await handle.stat({ bigint: true });
  if (!stats.isFile() || Number(stats.size) !== sizeBytes) {
    await letGo();
    throw CardumeError.invalidField('path', `${printable(path)} is no regular file of ${sizeBytes} bytes`);
  }
  return {
    open() {
      if (users === 0) throw gone();
      users += 1;
      return { read: (buffer, position) => readThere(handle, buffer, position), close: once(letGo) };
    },
    async describe(name, target) {
      const found = await openUnfollowed(target);
      try {
        const now = await found.stat({ bigint: true });
        if (now.ino === stats.ino && now.dev === stats.dev && now.size === stats.size) {
          return scannedFileOf(name, target, now);
        }
      } finally {
        await found.close();
      }
      throw CardumeError.invalidField('path', `${printable(target)} is not the file that was downloaded`);
    },
    close: once(letGo),
  };
}

async function openUnfollowed(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (isOutOfDescriptors(cause)) throw descriptorsSpent(cause);
    throw new CardumeError('INVALID_FIELD', `path: ${printable(path)} cannot be read: ${errnoText(cause)}`, {
      metadata: { field: 'path' },
      cause,
    });
  }
}

async function readThere(handle: FileHandle, buffer: Uint8Array, position: number): Promise<void> {
  if ((await readFully(handle, buffer, position)) === buffer.length) return;
  throw gone();
}

function gone(): CardumeError {
  return new CardumeError('FILE_CHANGED', 'the part that this peer had of the file is gone; ask another holder');
}

function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => {
    result ??= action();
    return result;
  };
}
