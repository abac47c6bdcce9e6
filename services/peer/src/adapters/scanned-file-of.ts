import type { BigIntStats } from 'node:fs';
import { msOfNs, stampOf } from '../core/file-stamp.ts';
import type { ScannedFile } from '../core/scanned-file.ts';

/** Describes a regular file by what the file system says of it now. */
export function scannedFileOf(name: string, path: string, stats: BigIntStats): ScannedFile {
  const modifyTimeMs = msOfNs(stats.mtimeNs);
  return {
    name,
    path,
    sizeBytes: Number(stats.size),
    modifyTimeMs,
    changeTimeMs: Math.max(modifyTimeMs, msOfNs(stats.ctimeNs)),
    stamp: stampOf(stats),
    executable: (stats.mode & 0o100n) !== 0n,
  };
}
