import { printable } from '@cardume/client';
import type { ScannedFile, SkippedPath } from './scanned-file.ts';

/**
 * Lets a file have its name, unless another has it whose path comes first.
 *
 * Two files can have one name where their names on the disk differ only in their Unicode form.
 *
 * @param taken the files that have their names; the file is added to it
 * @returns which of the two goes without a name, when there are two
 */
export function takeName(taken: Map<string, ScannedFile>, file: ScannedFile): SkippedPath | undefined {
  const other = taken.get(file.name);
  const loser = other !== undefined && other.path < file.path ? file : other;
  if (loser !== file) taken.set(file.name, file);
  return loser === undefined ? undefined : { path: printable(loser.path), problem: problemOf(loser) };
}

function problemOf({ name }: ScannedFile): string {
  return `another file has the same name in Unicode normal form C, "${printable(name)}"; rename one of them`;
}
