import type { SharedFile } from './shared-file.ts';

/** What is offered to a peer. */
export interface OfferInput {
  /** The file or folder; the last part of its name is what it will be called. */
  file: SharedFile;
  /** The id of the peer that has it. Default: the caller's own with certificates, else none. */
  peerId?: string;
  /** The port of that peer, at the address that the call comes from. Default: that address is not dialled. */
  port?: number;
  /** The ids of peers that are offered the same, at most 64. Default: none. */
  otherPeerIds?: readonly string[];
}

/** What becomes of an offer. */
export type OfferNews =
  /** Somebody is being asked. */
  | { kind: 'asked' }
  /** It is on its way from now on, whatever becomes of the call. */
  | { kind: 'accepted' }
  /** How many bytes are verified and stored; `waiting`: nobody gives it now. */
  | { kind: 'progress'; verifiedBytes: number; totalBytes: number; waiting: boolean }
  /** It is whole and verified, under that name in the inbox. */
  | { kind: 'done'; name: string; alreadyPresent: boolean }
  /** It could not be had; `reason` is one of docs/errors.md, unless the peer is newer than this. */
  | { kind: 'failed'; reason: string; message: string };
