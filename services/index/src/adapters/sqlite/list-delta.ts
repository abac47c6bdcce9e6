import type { ListChanges } from '../../core/changes/list-changes.ts';

/** What a transaction changes in lists, added up, so that nothing needs to be counted when someone asks. */
export interface ListDelta {
  /** How many entries there are more. */
  entryCount: number;
  /** How many of them are folders. */
  folderCount: number;
  /** By how many bytes the sizes of files among the entries grew. Exact: the sizes of a million files can exceed 64 bits. */
  entryBytes: bigint;
  /** How many different files there are more; folders do not count. */
  fileCount: number;
  /** By how many bytes the sizes of different files grew. */
  fileBytes: bigint;
  /** What is told of it to those who watch. */
  changes: ListChanges;
}

/** No change yet. */
export function emptyDelta(): ListDelta {
  return {
    entryCount: 0,
    folderCount: 0,
    entryBytes: 0n,
    fileCount: 0,
    fileBytes: 0n,
    changes: { added: [], removed: [] },
  };
}
