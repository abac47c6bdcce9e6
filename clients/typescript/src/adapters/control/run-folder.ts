import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';

/** How long the path of a Unix domain socket may be, in bytes: the kernel has 108 for it, the last of which is 0. */
export const maxSocketPathBytes = 107;

/** How many sockets of one folder are looked at. */
export const maxControlSockets = 256;

/** A socket so young may be one that its process is about to listen at. */
const youngMs = 5_000;

const socketName = /^\d{1,10}-[0-9a-f]{8}\.sock$/;

/**
 * Makes the folder for the sockets of a user's processes, unless it is there.
 *
 * @throws CardumeError NOT_ALLOWED when it is not this user's, or others may look into it
 */
export async function makeRunFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await checkRunFolder(folder);
}

/** The path of a new socket in such a folder. @throws CardumeError LOCAL_IO_FAILED when it is too long to be one */
export function newSocketPath(folder: string, pid: number, random: Uint8Array): string {
  const path = join(folder, `${pid}-${Buffer.from(random).toString('hex')}.sock`);
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    throw new CardumeError(
      'LOCAL_IO_FAILED',
      `${folder}: the path is too long for a socket in it, which may have ${maxSocketPathBytes} bytes; set XDG_STATE_HOME to a shorter one`,
    );
  }
  return path;
}

/**
 * The sockets in such a folder; none when there is no folder.
 *
 * @throws CardumeError NOT_ALLOWED when it is not this user's, or others may look into it
 */
export async function socketPaths(folder: string): Promise<string[]> {
  try {
    await checkRunFolder(folder);
    const names = (await readdir(folder)).filter((name) => socketName.test(name));
    return names
      .sort()
      .slice(0, maxControlSockets)
      .map((name) => join(folder, name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Removes a socket that nobody listens at, once it is certain that nobody will: between the making of one and listening at it
 * there is a moment. Whatever else stands there stays.
 */
export async function removeDeadSocket(path: string, nowMs: number): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isSocket() !== true) return;
  const isDead = nowMs - stats.mtimeMs > youngMs || !isAlive(Number.parseInt(basename(path), 10));
  if (isDead) await rm(path, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

async function checkRunFolder(folder: string): Promise<void> {
  const stats = await lstat(folder);
  const isOwn = process.getuid === undefined || stats.uid === process.getuid();
  const isClosed = process.platform === 'win32' || (stats.mode & 0o077) === 0;
  if (stats.isDirectory() && isOwn && isClosed) return;
  throw new CardumeError(
    'NOT_ALLOWED',
    `${folder} must be a folder of yours that nobody else may look into (mode 0700)`,
  );
}
