import { settleMs } from './limits.ts';

/** What the file system says of a file; `fs.Stats` with `bigint: true` has it. */
export interface FileFacts {
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  ino: bigint;
  dev: bigint;
}

/**
 * What tells one state of a file from another, as one short text: size, modification time, inode, device, and the
 * time of the last change, which no program can set back.
 *
 * A file with another stamp is another file, and is hashed again. One text, because it is compared, stored and held
 * in memory for each file that is shared.
 */
export function stampOf({ size, mtimeNs, ctimeNs, ino, dev }: FileFacts): string {
  return [size, mtimeNs, ctimeNs, ino, dev].map((fact) => fact.toString(36)).join('.');
}

/** Whether a stamp is of a file on a device, as `fs.Stats` tells devices. */
export function isOnDevice(stamp: string, dev: bigint): boolean {
  return stamp.slice(stamp.lastIndexOf('.') + 1) === dev.toString(36);
}

/** Milliseconds since 1970 of a time in nanoseconds. */
export function msOfNs(timeNs: bigint): number {
  return Number(timeNs / 1_000_000n);
}

/**
 * How long to wait before a file may be hashed, in milliseconds; 0 when it has settled.
 *
 * A file system's clock has coarse ticks: a file that is written twice within one has the same stamp both times. What
 * was left alone for a second cannot be in such a tick (git calls these timestamps racy). A time in the future comes
 * from another machine's clock and says nothing.
 */
export function settleDelayMs(changeTimeMs: number, nowMs: number): number {
  const ageMs = nowMs - changeTimeMs;
  return Math.abs(ageMs) < settleMs ? settleMs - ageMs : 0;
}
