import { readFileSync } from 'node:fs';

/** What the processors of this machine did so far, in ticks. */
export interface MachineTime {
  total: number;
  /** When nothing was ready to run. */
  idle: number;
  /** What the hypervisor gave to others while something here was ready to run. */
  stolen: number;
}

/** Reads it from Linux's /proc/stat. */
export function readMachineTime(): MachineTime {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  // user nice system idle iowait irq softirq steal; what follows is part of user already.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [idle = 0, waitingForDisks = 0] = ticks.slice(3, 5);
  return { total: ticks.reduce((sum, value) => sum + value, 0), idle: idle + waitingForDisks, stolen: ticks[7] ?? 0 };
}

/** How much of the machine's time between two readings something ran in, or was ready to, in percent. */
export function busyPercent(before: MachineTime, after: MachineTime): number {
  const total = after.total - before.total;
  return total === 0 ? 0 : 100 - ((after.idle - before.idle) / total) * 100;
}

/** How much of the machine's time was stolen between two readings, in percent. */
export function stealPercent(before: MachineTime, after: MachineTime): number {
  const total = after.total - before.total;
  return total === 0 ? 0 : ((after.stolen - before.stolen) / total) * 100;
}
