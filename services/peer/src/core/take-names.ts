import { printable } from '@cardume/client';
import type { ScannedFile, SkippedPath } from './scanned-file.ts';

/**
 * Lets each name be taken once: by the file whose path comes first.
 *
 * Two files can have one name where their names on the disk differ only in their Unicode form.
 *
 * @param report is told of each file whose name is taken
 */
export function takeNames(
  files: readonly ScannedFile[],
  report: (skipped: SkippedPath) => void,
): Map<string, ScannedFile> {
  const taken = new Map<string, ScannedFile>();
  for (const file of files) {
    const other = taken.get(file.name);
    const loser = other !== undefined && other.path < file.path ? file : other;
    if (loser !== file) taken.set(file.name, file);
    if (loser !== undefined) report({ path: printable(loser.path), problem: problemOf(loser) });
  }
  return taken;
}

function problemOf({ name }: ScannedFile): string {
  return `another file has the same name in Unicode normal form C, "${printable(name)}"; rename one of them`;
}
