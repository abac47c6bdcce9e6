import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';
import { syncFolder } from '../disk/sync-folder.ts';

/** The largest file of an identity or an authority that is read. */
export const maxTrustFileBytes = 1_048_576;

const ownerOnly = 0o600;
const others = 0o077;
const othersWrite = 0o022;

/**
 * Makes a folder that only its owner may look into, unless it is there.
 *
 * @throws CardumeError NOT_ALLOWED when others may write into one that is there: they could put their own files in place
 */
export async function makeOwnerFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { mode } = await stat(folder);
  if (hasModes() && (mode & othersWrite) !== 0) {
    throw new CardumeError(
      'NOT_ALLOWED',
      `${folder}: others may write there (mode ${octal(mode)}); run chmod 700 on it`,
    );
  }
}

/**
 * Reads a file, as text.
 *
 * @param isSecret refuse it when anybody but its owner may read it
 * @returns undefined when there is none
 * @throws CardumeError NOT_ALLOWED when others may read a secret; LIMIT_REACHED when it has more than 1 MiB
 */
export async function readTrustFile(path: string, isSecret: boolean): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r');
    const { mode, size } = await file.stat();
    if (isSecret && hasModes() && (mode & others) !== 0) {
      throw new CardumeError(
        'NOT_ALLOWED',
        `${path}: others may read this key (mode ${octal(mode)}); run chmod 600 on it, and make a new key if they could have`,
      );
    }
    if (size > maxTrustFileBytes) {
      throw new CardumeError(
        'LIMIT_REACHED',
        `${path}: has more than ${maxTrustFileBytes} bytes; it is not a file of cardume`,
      );
    }
    return await file.readFile('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a file that only its owner may read, unless one is there. @returns whether it was written */
export async function createSecretFile(path: string, text: string): Promise<boolean> {
  return await writeBeside(path, text, ownerOnly, async (written) => {
    try {
      // Unlike rename(2), link(2) never replaces what stands there: of two that make a key at once, both go on with one.
      await link(written, path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Writes a file in place of the one that may be there: whoever reads finds the one or the other, whole, also after a crash. */
export async function replaceTrustFile(path: string, text: string, isSecret: boolean): Promise<void> {
  await writeBeside(path, text, isSecret ? ownerOnly : 0o644, (written) => rename(written, path));
}

/** Writes a new file beside the one that is meant, flushes it, lets it be placed, and leaves nothing else. */
async function writeBeside<T>(
  path: string,
  text: string,
  mode: number,
  place: (written: string) => Promise<T>,
): Promise<T> {
  const written = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}`);
  try {
    // 'wx' is O_EXCL: it never writes into what somebody else has put there, and the mode holds from the first byte on.
    await using file = await open(written, 'wx', mode);
    await file.writeFile(text);
    await file.sync();
    const placed = await place(written);
    await syncFolder(dirname(path));
    return placed;
  } finally {
    await rm(written, { force: true });
  }
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** Windows has access lists instead, which Node does not show. */
function hasModes(): boolean {
  return process.platform !== 'win32';
}
