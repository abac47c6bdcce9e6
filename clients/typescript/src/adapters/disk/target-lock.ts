import { constants } from 'node:fs';
import { lstat, open, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { CardumeError, errnoOf, messageOf } from '../../errors/cardume-error.ts';

/** A process that was just killed takes a moment to go, and its user may already have started the next one. */
const patienceMs = 1_000;

/** The longest path of a lock file in bytes: SQLite takes 512, with the ending of a journal that it never makes. */
const maxLockPathBytes = 500;

/** A lock that is held. */
export interface TargetLock {
  /** Whether the lock file is still the one that we hold: somebody may have removed it by hand. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Makes sure that one download at a time writes to a name.
 *
 * Node has no flock(2). SQLite locks an empty database file by the kernel's own means, which a process loses when it
 * ends in whatever way: nothing is stale after `kill -9`, in containers that share a volume neither, and two ways to
 * spell a path are one lock. Nothing is ever written into the file.
 *
 * @throws CardumeError TARGET_BUSY, LOCAL_IO_FAILED
 */
export async function lockTarget(path: string): Promise<TargetLock> {
  if (Buffer.byteLength(path) > maxLockPathBytes) {
    throw new CardumeError(
      'LOCAL_IO_FAILED',
      `${path} is longer than ${maxLockPathBytes} bytes; choose a shorter folder`,
    );
  }
  const giveUpMs = performance.now() + patienceMs;
  for (;;) {
    const inode = await makeLockFile(path);
    const database = tryLock(path);
    // Whoever held it removes it on release: what we locked then has no name any more, and another may have one.
    if (database !== undefined && (await inodeOf(path)) === inode) return heldLock(path, inode, database);
    database?.close();
    if (performance.now() > giveUpMs) {
      throw new CardumeError('TARGET_BUSY', `another download is writing here; wait for it, or end it (${path})`);
    }
    await sleep(50);
  }
}

function heldLock(path: string, inode: bigint, database: DatabaseSync): TargetLock {
  const isHeld = async (): Promise<boolean> => (await inodeOf(path)) === inode;
  return {
    isHeld,
    async release() {
      if (await isHeld()) await rm(path, { force: true });
      database.close();
    },
  };
}

/** Makes the lock file unless it is there, and gives its inode's number. A symbolic link is not followed. */
async function makeLockFile(path: string): Promise<bigint> {
  await using file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  return (await file.stat({ bigint: true })).ino;
}

function tryLock(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (messageOf(error).includes('locked')) return undefined;
    throw new CardumeError('LOCAL_IO_FAILED', `${path} is no lock of ours; move it away`, { cause: error });
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await lstat(path, { bigint: true })).ino;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
