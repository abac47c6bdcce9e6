import type { Candidate } from '../search/candidate.ts';
import type { CandidateQuery } from '../search/candidate-query.ts';
import type { FileHolder } from '../search/file-holders.ts';

/** A live list that is for some users only. */
export interface RestrictedList {
  /** The lease's. */
  peerKey: number;
  /** How many entries it has. */
  entryCount: number;
}

/** An entry of such a list that a query means. */
export interface RestrictedEntry extends Omit<Candidate, 'fileKey' | 'wholeHolderCount'> {
  /** Names it; no other entry ever has the same. */
  entryKey: number;
  partial: boolean;
}

/** What was found in such lists. */
export interface FoundEntries {
  entries: RestrictedEntry[];
  /** Whether there may be more. */
  truncated: boolean;
}

/** Who has an entry. */
export interface EntryHolder {
  entryKey: number;
  holder: FileHolder;
  modifyMs: number | undefined;
}

/**
 * The lists that only some users may see. They are stored apart from all others, each entry by itself: so nothing that is
 * found, counted, examined or suggested for everybody else depends on them.
 */
export interface RestrictedLists {
  /** The live lists that a user may see, those that joined first, at most `limit`. */
  findListsFor(user: string, nowMs: number, limit: number): Promise<RestrictedList[]>;
  /**
   * Finds what of lists matches a query, at most `limit` entries. Exact names and digests are found by an index; for all else
   * the entries are looked at one by one, in small steps, at most `maxExaminedNames` of them.
   */
  findInLists(
    lists: readonly RestrictedList[],
    query: CandidateQuery,
    limit: number,
    signal: AbortSignal,
  ): Promise<FoundEntries>;
  /** The live holders of entries; those whose lease has ended are left out. */
  findEntryHolders(entryKeys: readonly number[], nowMs: number): Promise<EntryHolder[]>;
}
