import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEnds, type PerEnd } from './ends.ts';
import { readMachineTime, stealPercent } from './machine-time.ts';
import type { System } from './systems/system.ts';
import { checkCopy, type Workload } from './workload.ts';

/** What one transfer took. */
export interface Transfer {
  seconds: number;
  /** CPU from the start of the receiving end to its end. */
  cpuSeconds: PerEnd<number>;
  /** The most resident memory since its processes started, what they did before the transfer included. */
  peakMemoryBytes: PerEnd<number>;
  stealPercent: number;
}

/** Where and until when to measure. */
export interface MeasureTransferInit {
  /** For the files of runs, one folder for each. */
  folder: string;
  /** The home of all processes. */
  home: string;
  signal: AbortSignal;
}

/**
 * Moves a workload once, between processes made for it, and checks what arrived. Nothing of it is left afterwards.
 *
 * @throws whatever a process wrote that failed, and what is wrong with a file that arrived
 */
export async function measureTransfer(
  system: System,
  workload: Workload,
  { folder, home, signal }: MeasureTransferInit,
): Promise<Transfer> {
  const runFolder = mkdtempSync(join(folder, 'run-'));
  const [work, target] = [join(runFolder, 'work'), join(runFolder, 'target')];
  for (const path of [work, target]) mkdirSync(path);
  const ends = createEnds({ folder: work, home, signal });
  try {
    const receive = await system.serve({ workload, folder: work, target, ends });
    const cpuBefore = ends.cpuSeconds();
    const machineBefore = readMachineTime();
    const startMs = performance.now();
    await receive();
    const seconds = (performance.now() - startMs) / 1_000;
    const machineAfter = readMachineTime();
    const cpuAfter = ends.cpuSeconds();
    const peaks = ends.peakMemoryBytes();
    await checkCopy(workload, target);
    return {
      seconds,
      cpuSeconds: {
        sender: cpuAfter.sender - cpuBefore.sender,
        receiver: cpuAfter.receiver - cpuBefore.receiver,
        helper: cpuAfter.helper - cpuBefore.helper,
      },
      peakMemoryBytes: peaks,
      stealPercent: stealPercent(machineBefore, machineAfter),
    };
  } finally {
    await ends.stop();
    rmSync(runFolder, { recursive: true });
  }
}
