import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { CardumeError, errnoOf } from '../../errors/cardume-error.ts';
import { isRunning, ownProcessMark, type ProcessMark } from './process-mark.ts';

/** How a lock's owner shows that it lives, for those who cannot see its process (another container, NFS). */
const heartbeatMs = 10_000;
/** A foreign lock without a heartbeat for this long is left over from a process that died. */
const staleMs = 35_000;
/** A lock that says nothing is one whose first write was cut off, unless it is being written just now. */
const unreadableStaleMs = 2_000;

/** A process that was just killed takes a moment to go, and its user may already have started the next one. */
const patienceMs = 1_000;

const heldHere = new Set<string>();

/** A lock that is held. */
export interface TargetLock {
  /** Whether the lock file is still ours. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

interface LockContent extends ProcessMark {
  token: string;
  host: string;
}

/**
 * Makes sure that one process at a time downloads to a name. A lock that `kill -9` left behind does not hold: its
 * process is looked for on this machine, and elsewhere its heartbeat.
 *
 * @throws CardumeError TARGET_BUSY
 */
export async function lockTarget(path: string): Promise<TargetLock> {
  const busy = new CardumeError('TARGET_BUSY', `another download is writing here; wait for it, or end it (${path})`);
  if (heldHere.has(path)) throw busy;
  heldHere.add(path);
  try {
    const content: LockContent = { token: randomUUID(), host: hostname(), ...(await ownProcessMark()) };
    const giveUpMs = performance.now() + patienceMs;
    while (!(await tryCreate(path, content))) {
      if (!(await isAlive(path))) await rm(path, { force: true });
      else if (performance.now() > giveUpMs) throw busy;
      else await sleep(100);
    }
    // The heart stops with the process, and a missing lock file shows at isHeld().
    const timer = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), heartbeatMs);
    timer.unref();
    return {
      isHeld: async () => (await readLock(path))?.token === content.token,
      async release() {
        clearInterval(timer);
        if ((await readLock(path))?.token === content.token) await rm(path, { force: true });
        heldHere.delete(path);
      },
    };
  } catch (error) {
    heldHere.delete(path);
    throw error;
  }
}

async function tryCreate(path: string, content: LockContent): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(content), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    // A full disk makes the file but not its content.
    await rm(path, { force: true });
    throw error;
  }
}

async function readLock(path: string): Promise<LockContent | undefined> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // Gone, or cut off in the middle of its first write: in both cases it says nothing about an owner.
    return undefined;
  }
  return isLockContent(content) ? content : undefined;
}

function isLockContent(content: unknown): content is LockContent {
  return (
    typeof content === 'object' &&
    content !== null &&
    ['token', 'host', 'startTicks'].every((key) => typeof Reflect.get(content, key) === 'string') &&
    Number.isInteger(Reflect.get(content, 'pid'))
  );
}

async function isAlive(path: string): Promise<boolean> {
  const lock = await readLock(path);
  // Our own locks are in `heldHere`: one with our mark that is not there was left by a download that failed to release.
  if (lock?.host === hostname()) return lock.pid !== process.pid && (await isRunning(lock));
  try {
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    return ageMs < (lock === undefined ? unreadableStaleMs : staleMs);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
