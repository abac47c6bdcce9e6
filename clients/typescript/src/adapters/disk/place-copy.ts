import { constants } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pieceHash } from '../../core/digest/piece-hash.ts';
import { partNames } from '../../core/download/part-names.ts';
import type { LocalCopy } from '../../core/model/local-copies.ts';
import { errnoOf } from '../../errors/cardume-error.ts';
import { openCopy } from './open-copy.ts';
import { readFully } from './read-fully.ts';

// Only a name that nothing has: no link is followed, and nobody else's part is written to.
const partFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/**
 * What became of it: `placed`; `wrong`: these are not the bytes of the digest; `taken`: something stands under the name, or a
 * download of it is under way, or was, so that it is for the long way.
 */
export type PlaceCopyOutcome = 'placed' | 'wrong' | 'taken';

/**
 * Copies a file of at most one piece by way of memory, where it is verified, and gives it its name. The caller flushes the
 * folder.
 *
 * @param folder a folder that is there
 * @param name one safe part
 * @throws an error of the operating system; nothing is left then
 */
export async function placeCopy(copy: LocalCopy, folder: string, name: string): Promise<PlaceCopyOutcome> {
  const bytes = await readCopy(copy);
  if (bytes === undefined) return 'wrong';
  const part = join(folder, partNames(name).part);
  let isMade = false;
  try {
    await using file = await open(part, partFlags, 0o666);
    isMade = true;
    await file.writeFile(bytes);
    await file.sync();
    // Unlike rename(2), link(2) never replaces what stands there.
    await link(part, join(folder, name));
    return 'placed';
  } catch (error) {
    // exFAT and some network file systems have no links.
    if (['EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errnoOf(error) ?? '')) return 'taken';
    throw error;
  } finally {
    if (isMade) await rm(part, { force: true });
  }
}

/** The bytes of a copy; undefined when they are not those of its digest. */
async function readCopy(copy: LocalCopy): Promise<Buffer | undefined> {
  const file = await openCopy(copy);
  if (file === undefined) return undefined;
  try {
    const bytes = Buffer.allocUnsafeSlow(copy.sizeBytes);
    const isRight = (await readFully(file, bytes, 0)) && pieceHash(bytes, bytes.length).toString('hex') === copy.digest;
    return isRight ? bytes : undefined;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
