import type { FileHandle } from 'node:fs/promises';

/** Fills a buffer from a place of a file. @returns false when the file ends before */
export async function readFully(file: FileHandle, bytes: Buffer, position: number): Promise<boolean> {
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, position + length);
    if (bytesRead === 0) return false;
    length += bytesRead;
  }
  return true;
}
