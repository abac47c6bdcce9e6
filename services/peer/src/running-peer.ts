import type { Duplex } from 'node:stream';
import type { Address, SharedFile } from '@cardume/client';
import type { PartialInit, PartialShare } from './share-partial.ts';
import type { ShareTeller } from './tell-of-share.ts';

/** A peer that serves. */
export interface RunningPeer {
  /** Where it listens, with the port that was chosen. */
  readonly address: Address;
  /** Where it serves metrics; undefined when it was not asked to. */
  readonly metricsAddress: Address | undefined;
  /** 64 lower-case hex digits, made once and kept in the state folder, when there is one. */
  readonly peerId: string;
  /** Who may see and get what it shares, its own user among them; undefined: everybody. */
  readonly allowedUsers: readonly string[] | undefined;
  /** How many files it shares now, those included that it has in part. */
  readonly fileCount: number;
  /** How many folders it shares as one thing each. */
  readonly folderCount: number;
  /** Tells what it is doing. */
  readonly teller: ShareTeller;
  /**
   * Shares a file while it is being downloaded: its pieces are served, announced and listed at the index as they come.
   *
   * @example
   * ```ts
   * const share = await peer.sharePartial({ digest, sizeBytes, name, path: 'big.iso.cardume-part', manifest });
   * share.have(17); // written and verified
   * await share.whole('big.iso'); // all of it is, and the file has its name
   * ```
   *
   * @throws CardumeError INVALID_FIELD or UNSAFE_NAME for what cannot be shared; LIMIT_REACHED; SHUTTING_DOWN
   */
  sharePartial(partial: PartialInit): Promise<PartialShare>;
  /**
   * What a path that it was started with is shared as, as one thing; undefined while it is not: it is still being written to, is left
   * out, or is a folder that cannot be shared so.
   */
  sharedAs(path: string): SharedFile | undefined;
  /**
   * Has a peer that nobody can dial connect to this one, which the index reached: what goes over that connection is served by the
   * other one.
   *
   * @throws CardumeError NOT_ALLOWED when the index did not reach this peer, or there are no certificates; PEER_NOT_LISTENING
   */
  callBack(peerId: string): Promise<Duplex>;
  /**
   * Stops it: leaves the index (within 2 s), gives open downloads `drainMs` (default 2 s) to end, and lets go of the
   * port, the folders and the state. Safe to call twice.
   */
  stop(drainMs?: number): Promise<void>;
}
