import { closeSync, constants, fsyncSync, linkSync, openSync, rmSync, writeSync } from 'node:fs';
import { pieceHash } from '../../core/digest/piece-hash.ts';
import { errnoOf } from '../../errors/cardume-error.ts';

/** A file of one segment at the most, all of whose bytes have come. */
export interface PlaceJob {
  /** The file's bytes, at least one. */
  bytes: Buffer;
  /** 64 lower-case hex digits. */
  digest: string;
  /** Where the file is to be; its folder is there. */
  path: string;
  /** Where it is written first, in the same folder. */
  partPath: string;
}

/**
 * What became of it: `placed`; `wrong`: these are not the bytes of the digest; `busy`: another download of the same name
 * is under way, or was; `exists`: something stands there already.
 */
export type PlaceOutcome = 'placed' | 'wrong' | 'busy' | 'exists';

// Only a name that nothing has: no link is followed, and nobody else's part is written to.
const partFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/**
 * Verifies a small file and gives it its name, in one go: there is nothing to resume, and so no journal and no lock. The
 * caller flushes the folder.
 *
 * It blocks its thread.
 *
 * @throws an error of the operating system; nothing is left then
 */
export function placeFile({ bytes, digest, path, partPath }: PlaceJob): PlaceOutcome {
  if (pieceHash(bytes, bytes.length).toString('hex') !== digest) return 'wrong';
  let descriptor: number;
  try {
    descriptor = openSync(partPath, partFlags, 0o666);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'busy';
    throw error;
  }
  try {
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    return linkName(partPath, path);
  } finally {
    rmSync(partPath, { force: true });
  }
}

function linkName(partPath: string, path: string): PlaceOutcome {
  try {
    // Unlike rename(2), link(2) never replaces what stands there.
    linkSync(partPath, path);
    return 'placed';
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return 'exists';
    // exFAT and some network file systems have no links; the long way knows what to do there.
    if (errno === 'EPERM' || errno === 'ENOTSUP' || errno === 'EOPNOTSUPP' || errno === 'ENOSYS') return 'busy';
    throw error;
  }
}
