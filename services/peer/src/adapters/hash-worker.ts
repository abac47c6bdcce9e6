/**
 * Runs in a worker thread: hashes files, so that the event loop that serves bytes does not wait for it. It imports no
 * more than it needs, since every thread loads all of it anew.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { digestOfLayer, LayerBuilder, usualPieceLength } from '@cardume/client/digest';
import { errnoOf } from '@cardume/client/errors';
import { stampOf } from '../core/file-stamp.ts';
import {
  type FileOutcome,
  type FileToHash,
  type HashFailure,
  type HashTask,
  hashFailure,
  type RangeOutcome,
} from '../core/hash-task.ts';
import { maxHashTaskMs } from '../core/limits.ts';
import { errnoText, isGone } from './errno-text.ts';
import type { HashTaskResult, HashWorkerData } from './hash-pool.ts';

/** Reading and hashing take turns within a thread; larger turns gain nothing and fall out of the processor's cache. */
const buffer = Buffer.allocUnsafeSlow(1024 * 1024);
const hashedBytes = new BigInt64Array((workerData as HashWorkerData).counter);

export default function runHashTask(task: HashTask): HashTaskResult {
  switch (task.kind) {
    case 'files':
      return hashFiles(task.files);
    case 'range':
      return hashRange(task);
    case 'digest':
      return digestOfLayer(task.sizeBytes, task.pieceLengthBytes, task.pieceHashes);
  }
}

function hashFiles(files: readonly FileToHash[]): FileOutcome[] {
  const endMs = performance.now() + maxHashTaskMs;
  const outcomes: FileOutcome[] = [];
  for (const file of files) {
    outcomes.push(hashWhole(file));
    if (performance.now() > endMs) break;
  }
  return outcomes;
}

function hashWhole(file: FileToHash): FileOutcome {
  const { sizeBytes } = file;
  const pieceLengthBytes = usualPieceLength(sizeBytes);
  const hashes = hashPieces(file, pieceLengthBytes, 0, sizeBytes);
  if (!Buffer.isBuffer(hashes)) return hashes;
  const digest = digestOfLayer(sizeBytes, pieceLengthBytes, hashes);
  return { result: 'hashed', digest, pieceHashes: sizeBytes > pieceLengthBytes ? sendable(hashes) : undefined };
}

function hashRange({ file, pieceLengthBytes, range }: HashTask & { kind: 'range' }): RangeOutcome {
  const endByte = Math.min(range.endPiece * pieceLengthBytes, file.sizeBytes);
  const hashes = hashPieces(file, pieceLengthBytes, range.firstPiece * pieceLengthBytes, endByte);
  return Buffer.isBuffer(hashes) ? { result: 'hashed', pieceHashes: sendable(hashes) } : hashes;
}

function hashPieces(file: FileToHash, pieceLengthBytes: number, start: number, end: number): Buffer | HashFailure {
  let descriptor: number;
  try {
    // Without O_NONBLOCK, opening a pipe that took the file's place would wait for ever.
    descriptor = openSync(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return failureOf(error);
  }
  try {
    const isSame = (): boolean => stampOf(fstatSync(descriptor, { bigint: true })) === file.stamp;
    if (!isSame()) return { result: 'changed' };
    const builder = new LayerBuilder(pieceLengthBytes);
    for (let position = start; position < end; ) {
      const length = readSync(descriptor, buffer, 0, Math.min(buffer.length, end - position), position);
      if (length === 0) return { result: 'changed' };
      builder.update(buffer.subarray(0, length));
      position += length;
      Atomics.add(hashedBytes, 0, BigInt(length));
    }
    return isSame() ? builder.finish(end - start === file.sizeBytes) : { result: 'changed' };
  } catch (error) {
    return failureOf(error);
  } finally {
    closeSync(descriptor);
  }
}

/** A copy with memory of its own: with a Buffer, all of the memory that it shares with others would be sent along. */
function sendable(hashes: Buffer): Uint8Array {
  return new Uint8Array(hashes);
}

function failureOf(error: unknown): HashFailure {
  if (isGone(error)) return { result: 'gone' };
  // A link took the file's place.
  if (errnoOf(error) === 'ELOOP') return { result: 'changed' };
  const errno = errnoOf(error);
  if (errno === undefined) return hashFailure(error);
  // Giving the right to read changes the file's stamp; descriptors, memory and disks come back without a sign.
  const mayPass = errno !== 'EACCES' && errno !== 'EPERM';
  return { result: 'unreadable', problem: errnoText(error), mayPass };
}
