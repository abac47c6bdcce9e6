/**
 * Runs in a worker thread: hashes one file, so that the event loop that serves bytes does not wait for it.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { DigestBuilder, errnoOf, usualPieceLength } from '@cardume/client';
import { stampOf } from '../core/file-stamp.ts';
import { errnoText, isGone } from './errno-text.ts';
import type { HashOutcome, HashTask } from './hash-pool.ts';

const readSizeBytes = 4 * 1024 * 1024;

export default function hashFile({ path, sizeBytes, stamp, counter }: HashTask): HashOutcome {
  let descriptor: number;
  try {
    // Without O_NONBLOCK, opening a pipe that took the file's place would wait for ever.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return outcomeOf(error);
  }
  try {
    const isSame = (): boolean => stampOf(fstatSync(descriptor, { bigint: true })) === stamp;
    if (!isSame()) return { result: 'changed' };
    const pieceLengthBytes = usualPieceLength(sizeBytes);
    const builder = new DigestBuilder(pieceLengthBytes);
    const buffer = Buffer.allocUnsafe(Math.min(readSizeBytes, Math.max(sizeBytes, 1)));
    const hashedBytes = new BigInt64Array(counter);
    for (let position = 0; position < sizeBytes; ) {
      const length = readSync(descriptor, buffer, 0, Math.min(buffer.length, sizeBytes - position), position);
      if (length === 0) return { result: 'changed' };
      builder.update(buffer.subarray(0, length));
      position += length;
      Atomics.add(hashedBytes, 0, BigInt(length));
    }
    if (!isSame()) return { result: 'changed' };
    const { digest, pieceHashes } = builder.finish();
    return { result: 'hashed', digest, pieceLengthBytes, pieceHashes: new Uint8Array(pieceHashes) };
  } catch (error) {
    return outcomeOf(error);
  } finally {
    closeSync(descriptor);
  }
}

function outcomeOf(error: unknown): HashOutcome {
  if (isGone(error)) return { result: 'gone' };
  // A link took the file's place.
  if (errnoOf(error) === 'ELOOP') return { result: 'changed' };
  const errno = errnoOf(error);
  // A defect of ours is no property of the file.
  if (errno === undefined) throw error;
  // Giving the right to read changes the file's stamp; descriptors, memory and disks come back without a sign.
  const mayPass = errno !== 'EACCES' && errno !== 'EPERM';
  return { result: 'unreadable', problem: errnoText(error), mayPass };
}
