import { cpuSecondsOfTrees, type ProcessState, peakMemoryBytes, readProcess, readTrees } from './process-tree.ts';

/** What the processes of one end use. It reads when it is asked to, so whoever has one asks often. */
export interface ProcessWatch {
  /** Finds what the roots started. It reads all of /proc, which costs some milliseconds. */
  search(): void;
  /** Reads what each found process used so far. */
  sample(): void;
  /** CPU used so far by all processes, the ended ones included. */
  cpuSeconds(): number;
  /** The most memory so far: of the processes that ran at a time, the sum of each one's own peak since its start. */
  peakMemoryBytes(): number;
  /** All processes that were found, ended ones included. */
  found(): ProcessState[];
}

/** What a watch looks at. */
export interface ProcessWatchInit {
  /** The processes at the root of the end's trees that run at the time. */
  running(): number[];
  /** CPU that ended roots used, besides any that is always the same. */
  endedCpuSeconds(): number;
}

/** Makes a watch. */
export function createProcessWatch({ running, endedCpuSeconds }: ProcessWatchInit): ProcessWatch {
  const found = new Map<number, ProcessState>();
  let peakBytes = 0;
  const add = (state: ProcessState | undefined): void => {
    if (state !== undefined) found.set(state.pid, state);
  };
  const search = (): void => readTrees(running()).forEach(add);
  const sample = (): void => {
    for (const pid of running()) if (!found.has(pid)) add(readProcess(pid));
    let bytes = 0;
    for (const { pid, startTicks } of found.values()) {
      const state = readProcess(pid);
      if (state?.startTicks !== startTicks) continue;
      add(state);
      bytes += peakMemoryBytes(pid);
    }
    peakBytes = Math.max(peakBytes, bytes);
  };
  return {
    search,
    sample,
    cpuSeconds() {
      search();
      sample();
      // Both can only miss something. Of an ended process a parent that waited for it knows all; but sshd, when no root
      // started it, leaves its sessions to nobody, and then what was last read of them is what is known.
      const read = [...found.values()].reduce((sum, state) => sum + state.ownCpuSeconds, 0);
      return Math.max(endedCpuSeconds() + cpuSecondsOfTrees(running()), read);
    },
    peakMemoryBytes() {
      sample();
      return peakBytes;
    },
    found: () => [...found.values()],
  };
}
