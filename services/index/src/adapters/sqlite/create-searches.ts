import type { SearchableCatalog } from '../../core/rights/view-for-user.ts';
import type { Database } from './database.ts';
import { findCandidates } from './find-candidates.ts';
import { findCandidatesOfEach } from './find-candidates-of-each.ts';
import { findHolders } from './find-holders.ts';
import { findInLists } from './find-in-lists.ts';
import { createRestrictedReader } from './restricted-reader.ts';

/** Makes the part of a catalog that searches go by; it only reads. */
export function createSearches(database: Database): SearchableCatalog {
  const restricted = createRestrictedReader(database);
  return {
    findCandidates: (query, nowMs, limit, signal) => findCandidates(database, query, nowMs, limit, signal),
    findCandidatesOfEach: (queries, nowMs, limit, signal) =>
      findCandidatesOfEach(database, queries, nowMs, limit, signal),
    findHolders: (fileKeys, nowMs, holderLimit, signal) => findHolders(database, fileKeys, nowMs, holderLimit, signal),
    findListsFor: async (user, nowMs, limit) => restricted.findListsFor(user, nowMs, limit),
    findInLists: (lists, query, limit, signal) => findInLists(database, lists, query, limit, signal),
    findEntryHolders: async (entryKeys, nowMs) => restricted.findEntryHolders(entryKeys, nowMs),
  };
}
