import { hash } from 'node:crypto';
import { maxNamePartBytes } from '../names/name-problem.ts';

/** The names of what a download keeps beside its target until that is whole. */
export interface PartNames {
  /** The bytes, each piece at its place. */
  part: string;
  /** Which pieces are written. */
  journal: string;
  /** Who is writing. */
  lock: string;
}

// SQLite, which locks the lock file, wants room for a name of its own beside it, though it never makes that file.
const longestEnding = '.cardume-lock-journal';

/**
 * The names beside a target: the target's own with an ending. One that has no room for the ending (255 bytes are all
 * that file systems take) is cut and told apart by a hash of the whole.
 */
export function partNames(targetName: string): PartNames {
  const room = maxNamePartBytes - longestEnding.length;
  const stem = Buffer.byteLength(targetName) <= room ? targetName : shortened(targetName, room);
  return { part: `${stem}.cardume-part`, journal: `${stem}.cardume-journal`, lock: `${stem}.cardume-lock` };
}

/** The path of the journal beside a part; undefined when a path is none of a part. */
export function journalOfPart(path: string): string | undefined {
  return path.endsWith('.cardume-part') ? path.replace(/part$/, 'journal') : undefined;
}

/** Whether a name's last part is one that downloads give to their own files, be it on a disk that does not tell cases apart. */
export function isWorkingName(name: string): boolean {
  return /\.cardume-(part|journal|lock)$/i.test(name);
}

function shortened(name: string, room: number): string {
  const mark = `~${hash('sha256', name, 'hex').slice(0, 16)}`;
  let kept = '';
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > room - mark.length) break;
    kept += character;
  }
  return kept + mark;
}
