import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DigestBuilder } from '../../core/digest/digest-builder.ts';
import type { Manifest } from '../../core/digest/manifest.ts';
import { usualPieceLength } from '../../core/digest/piece-length.ts';
import { CardumeError } from '../../errors/cardume-error.ts';
import { cardumeErrorFrom } from '../../errors/from-unknown.ts';

/** Options of {@link hashFile}. */
export interface HashFileOptions {
  /** Called after each read, with how many bytes are hashed and how many the file had when it was opened. */
  onProgress?: (hashedBytes: number, sizeBytes: number) => void;
  /** Stops with CANCELLED. */
  signal?: AbortSignal | undefined;
}

const readSizeBytes = 1024 * 1024;

/**
 * Hashes a local file: its digest, and its manifest at the usual piece length. Memory is bounded, whatever its size.
 *
 * @throws CardumeError LOCAL_IO_FAILED when it is no regular file or cannot be read; FILE_CHANGED when it grew or
 *   shrank meanwhile; CANCELLED
 */
export async function hashFile(path: string, options: HashFileOptions = {}): Promise<Manifest> {
  const { signal } = options;
  try {
    // Non-blocking, so that a pipe does not hold us before we see that it is one.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await hashOpenFile(file, path, options);
  } catch (error) {
    if (signal?.aborted === true)
      throw new CardumeError('CANCELLED', `hashing ${path} was cancelled`, { cause: error });
    throw cardumeErrorFrom(error);
  }
}

/**
 * Hashes a file that is open.
 *
 * @throws as {@link hashFile} does, and the signal's reason, and errors of the operating system as they are
 */
export async function hashOpenFile(file: FileHandle, path: string, options: HashFileOptions): Promise<Manifest> {
  const { onProgress, signal } = options;
  const stat = await file.stat();
  if (!stat.isFile()) throw new CardumeError('LOCAL_IO_FAILED', `${path} is not a regular file; name one`);
  const builder = new DigestBuilder(usualPieceLength(stat.size));
  let hashedBytes = 0;
  signal?.throwIfAborted();
  // A byte more than it has shows that it grew.
  for await (const bytes of readAhead(file, Math.min(readSizeBytes, stat.size + 1))) {
    signal?.throwIfAborted();
    builder.update(bytes);
    hashedBytes += bytes.length;
    // One that grows as fast as it is read would never end.
    if (hashedBytes > stat.size) break;
    onProgress?.(hashedBytes, stat.size);
  }
  if (hashedBytes !== stat.size)
    throw new CardumeError('FILE_CHANGED', `${path} changed while it was hashed; try again when nobody writes to it`);
  return builder.finish();
}

/** Reads a file to its end; while one part is hashed, the next one is being read. Each part is good until the next. */
async function* readAhead(file: FileHandle, partBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  let current = Buffer.allocUnsafeSlow(partBytes);
  let next = Buffer.allocUnsafeSlow(partBytes);
  let position = 0;
  let reading = file.read(current, 0, partBytes, position);
  try {
    for (;;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      position += bytesRead;
      reading = file.read(next, 0, partBytes, position);
      yield current.subarray(0, bytesRead);
      [current, next] = [next, current];
    }
  } finally {
    // The file must not be closed under a read. What that one fails of concerns nobody any more.
    await Promise.allSettled([reading]);
  }
}
