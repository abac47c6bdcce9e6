import { readFileSync } from 'node:fs';

/** What the processors of this machine did so far, in ticks. */
export interface MachineTime {
  total: number;
  /** What the hypervisor gave to others while something here was ready to run. */
  stolen: number;
}

/** Reads it from Linux's /proc/stat. */
export function readMachineTime(): MachineTime {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  // user nice system idle iowait irq softirq steal; what follows is part of user already.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { total: ticks.reduce((sum, value) => sum + value, 0), stolen: ticks[7] ?? 0 };
}

/** How much of the machine's time was stolen between two readings, in percent. */
export function stealPercent(before: MachineTime, after: MachineTime): number {
  const total = after.total - before.total;
  return total === 0 ? 0 : ((after.stolen - before.stolen) / total) * 100;
}
