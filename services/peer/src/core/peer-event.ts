import type { Address } from '@cardume/client';

/** What a peer tells whoever started it, for a display. Texts are safe to print. */
export type PeerEvent =
  /** How far hashing is, about 10 times a second at the most, and once more when all is done. */
  | {
      type: 'hashing';
      hashedFiles: number;
      totalFiles: number;
      /** Of the bytes of those files, those that an earlier run has hashed included. */
      hashedBytes: number;
      totalBytes: number;
      /** How many bytes of large files an earlier run has hashed. */
      resumedBytes: number;
      /** How fast it goes, over the last seconds; undefined as long as too little is known. */
      bytesPerSecond: number | undefined;
      /** How long it takes from now on at that rate. */
      remainingMs: number | undefined;
      /** A file that is being hashed now. */
      name: string | undefined;
    }
  /** A file or folder is not shared; `problem` says why, in words. Each is told once, until its problem changes. */
  | { type: 'skipped'; path: string; problem: string }
  /** The index lists this peer now, under that address. */
  | { type: 'joined'; peerId: string; address: Address; reachable: boolean; fileCount: number }
  /** Nobody can dial this peer, and others reach it through these relays now, `HOST:PORT` each; none: not at all. */
  | { type: 'relayed'; relays: string[] }
  /** The index does not list this peer, or may soon not do so; the next attempt is in `retryMs`. */
  | { type: 'index-lost'; problem: string; retryMs: number }
  /** The list changed after the start. A file with new content is removed, and added once it is hashed. */
  | { type: 'list-changed'; added: number; removed: number; fileCount: number }
  /** A download ended, whole or not, after so many bytes. */
  | { type: 'served'; name: string; bytes: number; callerAddress: string }
  /** What somebody sends was accepted, and comes in; `from` says who. Of a folder, `totalBytes` are those of its files. */
  | { type: 'receiving'; name: string; totalBytes: number; from: string }
  /** It is in the inbox, whole and verified, under that name. */
  | { type: 'received'; name: string; totalBytes: number; from: string }
  /** It could not be had. */
  | { type: 'not-received'; name: string; totalBytes: number; from: string; problem: string };
