import type { ListedFile } from './shared-file.ts';

/** What a peer tells the index when it joins. */
export interface JoinInput {
  /** The peer's own id, 64 lower-case hex digits, made once and kept. Undefined: the index makes one. */
  peerId?: string;
  /** The secret of an earlier join of this peer id. */
  leaseSecret?: string;
  /** Where others dial this peer. Undefined: the address that the index sees. */
  host?: string;
  port: number;
  /** The shared folder's name, for people. */
  shareName: string;
  /** What the peer calls itself besides, for those who send to all that have a tag: at most 16. Default: none. */
  tags?: readonly string[];
  /** Whether it takes some of what others offer. Default: false. */
  takesOffers?: boolean;
  /** The first page of the list: at most 10,000 entries. */
  files: readonly ListedFile[];
  /**
   * The fingerprint that the last publish gave the list that the index may still have: it is then kept in the place of `files`.
   * At most 64 bytes. Default: none.
   */
  listFingerprint?: Uint8Array;
  /**
   * The users who may see the peer and its list, besides its own; at most 100. It takes a network with certificates. Default:
   * everybody may.
   */
  allowedUsers?: readonly string[];
}

/** A peer's presence at an index: it lasts for its TTL, and again with each renewal. */
export interface Lease {
  peerId: string;
  /** Proves to the index that a renewal, a change or a leave comes from the peer itself. */
  leaseSecret: string;
  ttlMs: number;
  /** How often to renew: a third of the TTL. */
  renewIntervalMs: number;
  /** The host that others are given. */
  host: string;
  /** Whether the index reached this very peer there. */
  reachable: boolean;
  /** How many of the files of the join are listed. */
  takenFileCount: number;
  /** Whether the index kept the list with the fingerprint of the join. */
  listKept: boolean;
  /** How many entries the list has now. */
  fileCount: number;
  /** The users who may see the peer and its list, its own among them; empty: everybody may. */
  allowedUsers: readonly string[];
}

/** What a renewal says. */
export interface Renewal {
  ttlMs: number;
  renewIntervalMs: number;
  /** How many files the index lists for the peer. */
  fileCount: number;
  /** In a network with certificates: all whose certificates are refused though they may still be valid. */
  revoked: Revoked;
  /** The address that the index sees the peer at now; undefined: it does not say. */
  seenHost: string | undefined;
}

/** Whose certificates are refused. */
export interface Revoked {
  users: readonly string[];
  peerIds: readonly string[];
}

/** A change of a peer's list; at most 10,000 of each. */
export interface ListChange {
  added?: readonly ListedFile[];
  removedNames?: readonly string[];
  /** A fingerprint of the whole list as this change leaves it, for joining again; at most 64 bytes. Default: none. */
  listFingerprint?: Uint8Array;
}

/** What the index made of changes. */
export interface PublishResult {
  takenFileCount: number;
  removedFileCount: number;
  /** How many files the peer's list has now. */
  fileCount: number;
}
