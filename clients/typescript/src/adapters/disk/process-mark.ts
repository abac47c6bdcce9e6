import { readFile } from 'node:fs/promises';
import { errnoOf } from '../../errors/cardume-error.ts';

/** Tells a process from every other one of this machine, also from a later one with the same number. */
export interface ProcessMark {
  pid: number;
  /** When it started, in the kernel's ticks since boot; empty where the system has no /proc. */
  startTicks: string;
}

/** The mark of this process. */
export async function ownProcessMark(): Promise<ProcessMark> {
  return { pid: process.pid, startTicks: (await readStat(process.pid))?.startTicks ?? '' };
}

/**
 * Whether a process runs. One that was killed and that nobody has waited for yet (a zombie; in containers they stay
 * for long) does not: kill(2) alone would take it for alive.
 */
export async function isRunning({ pid, startTicks }: ProcessMark): Promise<boolean> {
  if (startTicks !== '') {
    const stat = await readStat(pid);
    return stat !== undefined && stat.startTicks === startTicks && stat.state !== 'Z' && stat.state !== 'X';
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    return errnoOf(error) === 'EPERM';
  }
}

/** Reads proc(5)'s stat: the name in it may hold anything, so the fields are counted from its closing bracket. */
async function readStat(pid: number): Promise<{ state: string; startTicks: string } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}
