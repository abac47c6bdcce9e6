import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** How much memory a process has, and had at the most, in bytes. */
export function memoryOf(pid: number): { nowBytes: number; peakBytes: number } {
  return { nowBytes: statusBytes(pid, 'VmRSS'), peakBytes: statusBytes(pid, 'VmHWM') };
}

function statusBytes(pid: number, field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** How many of a process's descriptors lead to a path; all of them without one. */
export function descriptorsOf(pid: number, path?: string): number {
  return readdirSync(`/proc/${pid}/fd`).filter((descriptor) => {
    try {
      return path === undefined || readlinkSync(`/proc/${pid}/fd/${descriptor}`) === path;
    } catch {
      // It was closed between the two calls.
      return false;
    }
  }).length;
}
