import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rm, rmdir, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CardumeError, hashFile, messageOf, printable } from '@cardume/client';
import { maxInboxEntries, unfinishedLifetimeMs } from '../../core/limits.ts';
import { quarantineName } from '../../core/offers/check-offer.ts';
import { numberedNames } from '../../core/offers/numbered-names.ts';
import { errnoText, isGone } from '../errno-text.ts';
import { countBytes } from './count-bytes.ts';
import { placeReceived } from './place-received.ts';

/** The folder where what is received lands. What is not whole and verified lies in a folder of its own in it. */
export interface InboxFolder {
  /** Its real path. */
  readonly path: string;
  /** The place in quarantine for one thing; the same for the same key. Nothing is made. */
  placeOf(key: string): string;
  /** Whether something lies at a place. */
  isBegun(place: string): Promise<boolean>;
  /** How many bytes are in the inbox, those in some places of the quarantine left out. */
  usedBytes(without: ReadonlySet<string>): Promise<number>;
  /** How many bytes lie at some places already. */
  bytesAt(places: Iterable<string>): Promise<number>;
  /** How many bytes its disk has free; infinitely many where that is not known. */
  freeBytes(): Promise<number>;
  /**
   * The name, or number of it, under which the very content is there already.
   *
   * @param isThere says of a path whether it is there
   */
  findPresent(
    name: string,
    isFolder: boolean,
    isThere: (path: string) => Promise<boolean>,
  ): Promise<string | undefined>;
  /** Gives what is whole and verified its name: see {@link placeReceived}. */
  place(from: string, name: string, isFolder: boolean): Promise<string>;
  /** Removes what is in quarantine, with all that is in it. */
  discard(place: string): Promise<void>;
  /** Takes the quarantine away, when nothing is in it. */
  close(): Promise<void>;
}

/**
 * Opens an inbox; makes it when it is absent, and removes what was left unfinished for long.
 *
 * @param nowMs the time in milliseconds since 1970
 * @throws CardumeError INVALID_FIELD when it cannot be one
 */
export async function openInboxFolder(folder: string, nowMs: number): Promise<InboxFolder> {
  const path = await prepare(resolve(folder));
  const quarantine = join(path, quarantineName);
  await sweep(quarantine, nowMs - unfinishedLifetimeMs);
  return {
    path,
    placeOf: (key) => join(quarantine, createHash('sha256').update(key).digest('hex').slice(0, 32)),
    isBegun: stands,
    usedBytes: (without) => countBytes(path, (entry) => without.has(entry), maxInboxEntries).catch(refused),
    async bytesAt(places) {
      let bytes = 0;
      for (const place of places) bytes += await countBytes(place, () => false, maxInboxEntries).catch(refused);
      return bytes;
    },
    async freeBytes() {
      const { bavail, blocks, bsize } = await statfs(path).catch(refused);
      // Some network file systems do not say how large they are: then the writes will tell.
      return blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize;
    },
    async findPresent(name, isFolder, isThere) {
      for (const candidate of numberedNames(name, isFolder)) {
        if (!(await stands(join(path, candidate)))) return undefined;
        if (await isThere(join(path, candidate))) return candidate;
      }
      return undefined;
    },
    place: (from, name, isFolder) => placeReceived(from, path, numberedNames(name, isFolder), isFolder),
    discard: (place) => rm(place, { recursive: true, force: true }),
    close: () => rmdir(quarantine).catch(() => undefined),
  };
}

/** Whether a regular file of that very content stands under a path. */
export async function isFileAt(path: string, file: { sizeBytes: number; digest: string }): Promise<boolean> {
  try {
    const stats = await lstat(path);
    if (!stats.isFile() || stats.size !== file.sizeBytes) return false;
    return (await hashFile(path)).digest === file.digest;
  } catch (error) {
    if (isGone(error) || CardumeError.is(error)) return false;
    throw error;
  }
}

function refused(error: unknown): never {
  throw new CardumeError('STORAGE_FAILED', 'the inbox of this peer cannot be read', { cause: messageOf(error) });
}

async function prepare(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    const path = await realpath(folder);
    await mkdir(join(path, quarantineName), { recursive: true, mode: 0o700 });
    if (!(await lstat(join(path, quarantineName))).isDirectory()) throw new Error('its quarantine is a link');
    return path;
  } catch (cause) {
    const problem = `${printable(folder)} cannot be the inbox: ${errnoText(cause)}`;
    throw new CardumeError('INVALID_FIELD', problem, { metadata: { field: 'inbox' }, cause });
  }
}

async function sweep(quarantine: string, beforeMs: number): Promise<void> {
  for (const name of await readdir(quarantine)) {
    const place = join(quarantine, name);
    if ((await lastChangeMs(place)) < beforeMs) await rm(place, { recursive: true, force: true });
  }
}

/** When something last came: of a folder, when something was made in it, or written to a file in it. */
async function lastChangeMs(place: string): Promise<number> {
  const stats = await lstat(place);
  if (!stats.isDirectory()) return stats.mtimeMs;
  const within = await readdir(place);
  const times = await Promise.all(within.map(async (name) => (await lstat(join(place, name))).mtimeMs));
  return Math.max(stats.mtimeMs, ...times);
}

async function stands(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
