import type { ChangeLogEnd, ChangePage } from './changes/change.ts';
import type { ListEntry } from './list-entry.ts';
import type { AllowedUsers } from './rights/allowed-users.ts';
import type { RestrictedLists } from './rights/restricted-lists.ts';
import type { Candidate } from './search/candidate.ts';
import type { CandidateQuery } from './search/candidate-query.ts';
import type { FileHolders } from './search/file-holders.ts';
import type { UserStore } from './trust/user-store.ts';

export type { Candidate, FileHolders, ListEntry };

/** What is stored of a peer when it joins. All times are milliseconds since 1970 on the index's own clock. */
export interface PeerInit {
  peerId: string;
  host: string;
  port: number;
  shareName: string;
  /** Each once. Default: none. */
  tags?: readonly string[];
  /** Whether it takes what others offer. Default: false. */
  takesOffers?: boolean;
  /** SHA-256 of the lease secret. */
  secretHash: Uint8Array;
  joinMs: number;
  /** When the lease ends unless it is renewed. */
  expireMs: number;
  /** Who may see it and its list. Default: everybody. */
  allowedUsers?: AllowedUsers;
}

/** A peer that holds a lease. */
export interface PeerRecord extends PeerInit {
  /** Names this lease; joining again makes another one. */
  peerKey: number;
  allowedUsers: AllowedUsers;
  renewMs: number;
  tags: readonly string[];
  takesOffers: boolean;
  /** Whether the peer answered when it was last dialled back. */
  reachable: boolean;
  /** When it was last dialled back; 0: not yet. */
  dialMs: number;
  fileCount: number;
  folderCount: number;
  /** The sum of the sizes in bytes, at most 2^53 - 1. */
  totalSizeBytes: number;
}

/** A live peer as it is listed. */
export interface ListedPeer extends PeerRecord {
  /** How many callers report it, at most `maxReportsPerPeer`. */
  reportCount: number;
}

/** A caller's word that a peer served bytes that do not match a digest. */
export interface ReportInit {
  peerId: string;
  /** Who says so; each counts once for a peer. */
  caller: string;
  /** 64 lower-case hex digits. */
  digest: string;
  /** Undefined: the manifest. */
  piece: number | undefined;
  reportMs: number;
  /** When it counts no more. */
  expireMs: number;
}

/** What became of a report. */
export type ReportOutcome =
  /** `isNew`: the caller had not reported the peer, or no more. */
  | { kind: 'counted'; reportCount: number; isNew: boolean }
  /** There are as many as there may be. */
  | { kind: 'full'; limit: 'maxReports' | 'maxReportsPerCaller' };

/** What became of a Join. */
export type JoinOutcome =
  | {
      kind: 'joined';
      peerKey: number;
      /** 0 when the list was kept. */
      takenFileCount: number;
      listKept: boolean;
      /** How many entries the list has now, folders among them. */
      entryCount: number;
    }
  /** Another lease than the one to be replaced is live under that peer id. */
  | { kind: 'held' }
  /** There are as many peers as there may be. */
  | { kind: 'full' };

/** What became of a change of a list. */
export interface ChangeOutcome {
  takenFileCount: number;
  removedFileCount: number;
  /** How many entries the list has now, folders among them. */
  entryCount: number;
}

/** What was found for a query. */
export interface FoundCandidates {
  candidates: Candidate[];
  /** Whether there may be more. */
  truncated: boolean;
}

/** Totals over the live peers that everybody may see. */
export interface CatalogStats {
  peerCount: number;
  holdingCount: number;
  /** How many others there are, and how many entries their lists have: for who runs the index, and nobody else. */
  restrictedPeerCount: number;
  restrictedHoldingCount: number;
  /** Different pairs of name and content. While the list of a peer that left is being cleared, its own still count. */
  fileCount: number;
  /** The sum of their sizes in bytes, at most 2^53 - 1. */
  totalSizeBytes: number;
}

/** Bounds that a catalog keeps. */
export interface CatalogQuotas {
  maxPeers: number;
  maxFilesPerPeer: number;
  maxHoldings: number;
  maxReports: number;
  maxReportsPerCaller: number;
  maxReportsPerPeer: number;
}

/**
 * The store of who has what. Each method that writes is one transaction.
 *
 * A peer is live while its `expireMs` is in the future and nobody retired it; only live peers are in answers, so that a
 * lease ends exactly on time. Nothing here reads a clock: `nowMs` is passed in. Every engine passes the same
 * conformance suite. All methods throw CardumeError STORAGE_FAILED when the engine fails.
 *
 * What concerns single peers and their lists is of all peers; what is found or listed is only of those that everybody may see,
 * unless a method says otherwise.
 */
export interface Catalog extends UserStore, RestrictedLists {
  /**
   * Wakes after a time in which no index ran. Leases stood still meanwhile: those that were live at the last
   * `heartbeat` get the time since then added, but never last longer than `leaseTtlMs` from now. Reports did not stand
   * still; those from the future, of a clock that was set back, are removed.
   */
  resume(nowMs: number, leaseTtlMs: number): Promise<void>;
  /** Remembers that the index runs. */
  heartbeat(nowMs: number): Promise<void>;

  /** The live peer of that id. */
  findPeer(peerId: string, nowMs: number): Promise<PeerRecord | undefined>;
  /**
   * Live peers in the order of their ids, from the first one after `afterPeerId`.
   *
   * @param user those are among them that it may see. Default: those that everybody may see
   */
  listPeers(afterPeerId: string, limit: number, nowMs: number, user?: string): Promise<ListedPeer[]>;
  /**
   * Begins a lease with its list, in place of the one named by `replaces`, which must be the live one of that peer id.
   * Of entries beyond the quotas none are taken. Names must differ from each other.
   *
   * @param listFingerprint keeps the list of this peer id that has it and that the same users may see, in the place of
   * `entries`; the lease then has the same key as the one that it was of. Absent or empty, or no list has it: `entries` are the list
   */
  join(
    peer: PeerInit,
    entries: readonly ListEntry[],
    replaces: number | undefined,
    listFingerprint?: Uint8Array,
  ): Promise<JoinOutcome>;
  /** Renews a lease. False when it has ended. */
  renew(peerKey: number, nowMs: number, expireMs: number): Promise<boolean>;
  /** Stores what came of dialling a peer back. */
  setReachable(peerKey: number, reachable: boolean, dialMs: number): Promise<void>;
  /**
   * Changes a peer's list: first removes names, then adds entries, each in the place of the one that has its name.
   * Undefined when the lease has ended.
   *
   * @param listFingerprint that of the list as this leaves it, when all of `added` is taken; absent or empty: it has none
   */
  change(
    peerKey: number,
    removedNames: readonly string[],
    added: readonly ListEntry[],
    nowMs: number,
    listFingerprint?: Uint8Array,
  ): Promise<ChangeOutcome | undefined>;

  /**
   * Keeps a report in the place of the one of the same caller about the same peer. It is of the peer's id, and outlasts its
   * lease. Of a peer that as many report as are counted, no more are kept.
   */
  report(report: ReportInit): Promise<ReportOutcome>;
  /** Removes at most `limit` reports that count no more. Returns how many. */
  clearReports(nowMs: number, limit: number): Promise<number>;

  /** Ends a lease: the peer is out of every answer, and its list waits to be cleared. False when it has ended. */
  retire(peerKey: number, nowMs: number): Promise<boolean>;
  /** Retires at most `limit` peers whose leases are over, and says which. */
  retireExpired(nowMs: number, limit: number): Promise<PeerRecord[]>;
  /** When the next lease ends; undefined when there is none. */
  nextExpiryMs(): Promise<number | undefined>;
  /**
   * Clears at most about `limit` entries of retired peers, with the names and files that nobody lists any more, those first
   * that were retired first. A list that has a fingerprint waits until its lease ended before `keptAfterMs` (default: it does not wait), or until all
   * lists together have more than half of the entries that they may have.
   * Returns how many rows went; 0 when nothing is left to clear.
   */
  clearRetired(limit: number, keptAfterMs?: number): Promise<number>;

  /** Where the log of changes ends now. */
  changeLogEnd(): Promise<ChangeLogEnd>;
  /** The changes after a position, some of the first of them. */
  changesAfter(position: number): Promise<ChangePage>;
  /** Removes some changes that are too old, or too many; see `limits.ts`. Returns whether any went. */
  trimChanges(nowMs: number): Promise<boolean>;
  /** Calls a function whenever there may be new changes, also those of other replicas. Returns what ends that. */
  onChanges(listener: () => void): Promise<() => Promise<void>>;

  /**
   * Finds files that match and have a live holder, at most `limit` of them, those of the first lookups first. Goes in
   * small steps, between which other work has its turn.
   */
  findCandidates(query: CandidateQuery, nowMs: number, limit: number, signal: AbortSignal): Promise<FoundCandidates>;
  /**
   * Finds for each of many queries what `findCandidates` finds, for as many of the first ones as make a step: at least
   * one, unless there is none. Exact names and digests cost little together; any other query is a step of its own.
   */
  findCandidatesOfEach(
    queries: readonly CandidateQuery[],
    nowMs: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<FoundCandidates[]>;
  /** The live holders of files, at most `holderLimit` each. Files without one are left out. */
  findHolders(
    fileKeys: readonly number[],
    nowMs: number,
    holderLimit: number,
    signal: AbortSignal,
  ): Promise<Map<number, FileHolders>>;
  stats(nowMs: number): Promise<CatalogStats>;

  /** Closes the store. Nothing else may be called afterwards. */
  close(): Promise<void>;
}
