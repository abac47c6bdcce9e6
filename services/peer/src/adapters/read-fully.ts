import type { FileHandle } from 'node:fs/promises';
import { CardumeError, messageOf } from '@cardume/client';

/**
 * Fills a buffer from a position of a file on, as far as the file goes.
 *
 * @returns how many bytes were read
 * @throws CardumeError STORAGE_FAILED when the disk refuses
 */
export async function readFully(handle: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let length = 0;
  try {
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, position + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
  } catch (error) {
    throw storageFailed(error);
  }
  return length;
}

export function storageFailed(cause: unknown): CardumeError {
  return new CardumeError('STORAGE_FAILED', `this peer's disk failed to read the file; try another holder`, {
    cause: messageOf(cause),
  });
}
