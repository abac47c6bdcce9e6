import { readdirSync, readFileSync } from 'node:fs';

// USER_HZ: what /proc counts CPU time in. It is 100 wherever Node runs.
const ticksPerSecond = 100;

/** A process as Linux's /proc tells of it. */
export interface ProcessState {
  pid: number;
  parentPid: number;
  /** Tells it from a later process of the same id. */
  startTicks: number;
  /** CPU that it used so far, user and system. */
  ownCpuSeconds: number;
  /** CPU that its children used, and theirs, as far as they ended and were waited for. */
  endedChildrenCpuSeconds: number;
}

/** The state of a process; undefined when there is none. */
export function readProcess(pid: number): ProcessState | undefined {
  const text = readFile(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The command's name, in brackets, may have blanks and brackets itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // Numbered as in proc(5), where the first field after the name is the third.
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid,
    parentPid: field(4),
    startTicks: field(22),
    ownCpuSeconds: (field(14) + field(15)) / ticksPerSecond,
    endedChildrenCpuSeconds: (field(16) + field(17)) / ticksPerSecond,
  };
}

/** The given processes and all that descend from them, as far as they run. */
export function readTrees(pids: readonly number[]): ProcessState[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
  const found = all.filter(({ pid }) => pids.includes(pid));
  // Grows while it is walked.
  for (const { pid } of found) found.push(...all.filter(({ parentPid }) => parentPid === pid));
  return found;
}

/** CPU that the trees of running processes used so far, their ended descendants included. */
export function cpuSecondsOfTrees(pids: readonly number[]): number {
  // A child that ends while /proc is read would be missed, or counted twice: read until two readings agree on who lives.
  for (let before = readTrees(pids); ; ) {
    const after = readTrees(pids);
    if (before.length === after.length && before.every(({ pid }, index) => pid === after[index]?.pid)) {
      return after.reduce((sum, state) => sum + state.ownCpuSeconds + state.endedChildrenCpuSeconds, 0);
    }
    before = after;
  }
}

/** The most resident memory that a process had so far; 0 when it does not run. */
export function peakMemoryBytes(pid: number): number {
  const status = readFile(`/proc/${pid}/status`) ?? '';
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Ends a process by force, when it still runs and is the very one that was read. */
export function killProcess({ pid, startTicks }: ProcessState): void {
  if (readProcess(pid)?.startTicks !== startTicks) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself just now.
  }
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // It ended.
  }
}
