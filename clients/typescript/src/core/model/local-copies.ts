/** The smallest file that is looked for on this machine, in bytes: a smaller one is fetched in less time than that takes. */
export const minCopiedBytes = 64 * 1024;

/** How many paths the catalogue of a user has at the most: some 50 MB. Those that were noted first are forgotten. */
export const maxNotedCopies = 200_000;

/** A file on this machine that may have a content, or a part of it. It is a hint: nothing of it counts before it is hashed. */
export interface LocalCopy {
  /** 64 lower-case hex digits. */
  digest: string;
  /** How long the whole content is, and the file. */
  sizeBytes: number;
  /** Absolute. */
  path: string;
  /** `part`: a download of it that is under way, or was stopped; its journal, beside it, says which pieces are there. */
  kind: 'file' | 'part';
  /** When it was modified last, in whole milliseconds since 1970: a file with another time is another one. 0 for a part. */
  modifyTimeMs: number;
}

/**
 * Knows where on this machine contents are, for downloads that then copy them and fetch only the rest. `@cardume/client/copies`
 * has one that all processes of a user share. What goes wrong with it is its own affair: what it throws counts as nothing
 * found, and nothing noted.
 */
export interface LocalCopies {
  /** Where a content may be, the likeliest first; downloads look at the first eight. */
  find(digest: string): Promise<readonly LocalCopy[]>;
  /** Takes note of where contents are. A path has one content: this one replaces what was known of it. */
  note(copies: readonly LocalCopy[]): Promise<void>;
  /** Forgets paths: nothing is there any more, or something else. */
  forget(paths: readonly string[]): Promise<void>;
}

/** Whether a file may be on this machine, as a whole or in part; nothing is looked at but the catalogue. */
export async function mayBeHere(
  copies: LocalCopies | undefined,
  { digest, sizeBytes }: Pick<LocalCopy, 'digest' | 'sizeBytes'>,
): Promise<boolean> {
  if (copies === undefined || sizeBytes < minCopiedBytes) return false;
  try {
    return (await copies.find(digest)).length > 0;
  } catch {
    return false;
  }
}
