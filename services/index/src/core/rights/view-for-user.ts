import type { Candidate, Catalog, FileHolders, FoundCandidates } from '../catalog.ts';
import { maxEntriesFound, maxListsForUser } from '../limits.ts';
import type { CandidateQuery } from '../search/candidate-query.ts';
import type { FileHolder } from '../search/file-holders.ts';
import type { RestrictedEntry, RestrictedList, RestrictedLists } from './restricted-lists.ts';

/** What searches look at. */
export type SearchedCatalog = Pick<Catalog, 'findCandidates' | 'findCandidatesOfEach' | 'findHolders'>;

/** What a catalog needs to be searched by users. */
export type SearchableCatalog = SearchedCatalog & RestrictedLists;

/**
 * The catalog as a user sees it: what is for everybody, and what is in lists for some users of whom it is one. To be made for each
 * call.
 *
 * @param user undefined: only what is for everybody
 */
export function viewForUser(catalog: SearchableCatalog, user: string | undefined): SearchedCatalog {
  return user === undefined ? catalog : new UserView(catalog, user);
}

/** It remembers which entries are the files that it found, so that their holders can be asked for by the same keys. */
class UserView implements SearchedCatalog {
  readonly #catalog: SearchableCatalog;
  readonly #user: string;
  #lists: Promise<RestrictedList[]> | undefined;
  readonly #entriesOfFile = new Map<number, readonly number[]>();

  constructor(catalog: SearchableCatalog, user: string) {
    this.#catalog = catalog;
    this.#user = user;
  }

  async findCandidates(
    query: CandidateQuery,
    nowMs: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<FoundCandidates> {
    const [found, lists] = await Promise.all([
      this.#catalog.findCandidates(query, nowMs, limit, signal),
      this.#listsAt(nowMs),
    ]);
    return this.#withEntries(found, lists, query, limit, signal);
  }

  async findCandidatesOfEach(
    queries: readonly CandidateQuery[],
    nowMs: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<FoundCandidates[]> {
    const [found, lists] = await Promise.all([
      this.#catalog.findCandidatesOfEach(queries, nowMs, limit, signal),
      this.#listsAt(nowMs),
    ]);
    const all: FoundCandidates[] = [];
    for (const [at, one] of found.entries()) {
      const { [at]: query } = queries;
      all.push(query === undefined ? one : await this.#withEntries(one, lists, query, limit, signal));
    }
    return all;
  }

  async findHolders(
    fileKeys: readonly number[],
    nowMs: number,
    holderLimit: number,
    signal: AbortSignal,
  ): Promise<Map<number, FileHolders>> {
    const listed = fileKeys.filter((key) => this.#entriesOfFile.has(key));
    const forAll = fileKeys.filter((key) => key > 0);
    const found = await this.#catalog.findHolders(forAll, nowMs, holderLimit, signal);
    if (listed.length === 0) return found;
    const entryKeys = listed.flatMap((key) => this.#entriesOfFile.get(key) ?? []);
    const holders = await this.#catalog.findEntryHolders(entryKeys, nowMs);
    const byEntry = new Map(holders.map((one) => [one.entryKey, one]));
    for (const key of listed) {
      const own = (this.#entriesOfFile.get(key) ?? []).flatMap((entryKey) => byEntry.get(entryKey) ?? []);
      const modifyTimes = own.flatMap(({ modifyMs }) => modifyMs ?? []);
      const restricted: FileHolders = {
        holders: own.map(({ holder }) => holder),
        wholeHolderCount: own.filter(({ holder }) => !holder.partial).length,
        modifyMs: modifyTimes.length === 0 ? undefined : Math.max(...modifyTimes),
      };
      const all = togetherWith(found.get(key), restricted, holderLimit);
      if (all.holders.length > 0) found.set(key, all);
    }
    return found;
  }

  #listsAt(nowMs: number): Promise<RestrictedList[]> {
    this.#lists ??= this.#catalog.findListsFor(this.#user, nowMs, maxListsForUser);
    return this.#lists;
  }

  /** Adds what is in lists. It comes first: of a common word there may be more elsewhere than are ranked. */
  async #withEntries(
    found: FoundCandidates,
    lists: readonly RestrictedList[],
    query: CandidateQuery,
    limit: number,
    signal: AbortSignal,
  ): Promise<FoundCandidates> {
    if (lists.length === 0) return found;
    const inLists = await this.#catalog.findInLists(lists, query, maxEntriesFound, signal);
    const forAll = new Map(found.candidates.map((candidate) => [contentOf(candidate), candidate]));
    const listed = [...Map.groupBy(inLists.entries, contentOf)].flatMap(([content, entries]) => {
      const [first] = entries;
      if (first === undefined) return [];
      const candidate = candidateOf(first, entries, forAll.get(content));
      forAll.delete(content);
      this.#entriesOfFile.set(
        candidate.fileKey,
        entries.map(({ entryKey }) => entryKey),
      );
      return [candidate];
    });
    const candidates = [...listed, ...forAll.values()];
    return {
      candidates: candidates.slice(0, limit),
      truncated: found.truncated || inLists.truncated || candidates.length > limit,
    };
  }
}

/** What tells files from each other. */
function contentOf({ name, digest, sizeBytes, folder }: Candidate | RestrictedEntry): string {
  return JSON.stringify([name, digest, sizeBytes, folder?.fileCount, folder?.totalSizeBytes]);
}

/** Entries of one content as one file. Files that are in such lists only have keys below 0. */
function candidateOf(
  { entryKey, name, foldedName, sizeBytes, digest, folder }: RestrictedEntry,
  entries: readonly RestrictedEntry[],
  known: Candidate | undefined,
): Candidate {
  const wholeCount = entries.filter(({ partial }) => !partial).length;
  return {
    fileKey: known?.fileKey ?? -entryKey,
    name,
    foldedName,
    sizeBytes,
    digest,
    folder,
    wholeHolderCount: (known?.wholeHolderCount ?? 0) + wholeCount,
  };
}

/**
 * All holders of a file, the best first. One of those that show themselves to some users only is always among them: whoever
 * gets the file goes by that.
 */
function togetherWith(forAll: FileHolders | undefined, restricted: FileHolders, limit: number): FileHolders {
  if (forAll === undefined) return { ...restricted, holders: restricted.holders.sort(compareHolders).slice(0, limit) };
  const modifyTimes = [forAll, restricted].flatMap(({ modifyMs }) => modifyMs ?? []);
  const own = restricted.holders.sort(compareHolders).slice(0, Math.ceil(limit / 2));
  return {
    holders: [...own, ...forAll.holders.slice(0, limit - own.length)].sort(compareHolders),
    wholeHolderCount: forAll.wholeHolderCount + restricted.wholeHolderCount,
    modifyMs: modifyTimes.length === 0 ? undefined : Math.max(...modifyTimes),
  };
}

/** The order of `FileHolders.holders`. */
function compareHolders(a: FileHolder, b: FileHolder): number {
  return (
    a.reportCount - b.reportCount ||
    Number(a.partial) - Number(b.partial) ||
    Number(b.reachable) - Number(a.reachable) ||
    b.renewMs - a.renewMs ||
    (a.peerId < b.peerId ? -1 : 1)
  );
}
