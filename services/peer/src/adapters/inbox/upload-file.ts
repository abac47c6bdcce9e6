import { constants } from 'node:fs';
import { lstat, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CardumeError, errnoOf, messageOf } from '@cardume/client';
import { isGone } from '../errno-text.ts';

/** A file in quarantine that is being uploaded. */
export interface UploadFile {
  /** How many bytes are there. */
  readonly committedBytes: number;
  /** Writes the next bytes. @throws CardumeError DISK_FULL, STORAGE_FAILED */
  append(data: Uint8Array): Promise<void>;
  /** Has the disk keep what was written. @throws CardumeError STORAGE_FAILED */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens an upload where it ended; makes it when it is absent.
 *
 * @throws CardumeError DISK_FULL, STORAGE_FAILED
 */
export async function openUploadFile(path: string): Promise<UploadFile> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
  // Another peer of this inbox may have stopped just then, and taken the folder away that had nothing in it.
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(refused);
  const handle = await open(path, flags, 0o666).catch(refused);
  let committedBytes = (await handle.stat()).size;
  return {
    get committedBytes() {
      return committedBytes;
    },
    async append(data) {
      try {
        for (let written = 0; written < data.length; ) {
          const { bytesWritten } = await handle.write(data, written, data.length - written, committedBytes);
          written += bytesWritten;
          committedBytes += bytesWritten;
        }
      } catch (error) {
        refused(error);
      }
    },
    flush: () => handle.sync().catch(refused),
    close: () => handle.close(),
  };
}

/** How many bytes of an upload are there; 0 when it is absent. */
export async function uploadedBytes(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (isGone(error)) return 0;
    return refused(error);
  }
}

function refused(error: unknown): never {
  if (errnoOf(error) !== 'ENOSPC' && errnoOf(error) !== 'EDQUOT') {
    const text = "this peer's disk failed to keep what is uploaded";
    throw new CardumeError('STORAGE_FAILED', text, { cause: messageOf(error) });
  }
  throw new CardumeError('DISK_FULL', 'the disk of this peer is full; what has come is kept', { cause: error });
}
