import type { ScannedFile } from './scanned-file.ts';

/** What a scan changes in what a peer knows. */
export interface ScanDiff {
  /** Files that are new, or not the ones that were known under their names. */
  changed: ScannedFile[];
  /** Names that were known and are no more. */
  goneNames: string[];
}

/**
 * Compares a scan with what is known.
 *
 * @param files what the scan found, by name
 * @param knownNames every name that is known
 * @param knownStamp the stamp of the file that is known under a name
 */
export function diffScan(
  files: ReadonlyMap<string, ScannedFile>,
  knownNames: Iterable<string>,
  knownStamp: (name: string) => string | undefined,
): ScanDiff {
  const diff: ScanDiff = { changed: [], goneNames: [] };
  for (const file of files.values()) if (knownStamp(file.name) !== file.stamp) diff.changed.push(file);
  for (const name of knownNames) if (!files.has(name)) diff.goneNames.push(name);
  return diff;
}
