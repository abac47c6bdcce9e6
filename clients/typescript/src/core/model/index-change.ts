import type { ListedFile } from './shared-file.ts';

/** What to watch of an index. */
export interface WatchQuery {
  /** Goes on after the message that had this token. Default: from now on. */
  resumeToken?: string | undefined;
  /** Only files that a search by these keywords finds; peers in any case. Default: every file. */
  query?: string;
  /** Whether folders are told of, too. Default: false. */
  folders?: boolean;
}

/** What happened at an index. */
export type IndexChange =
  /** A peer joined. What it listed in an earlier lease it lists no more, unless its list was kept. */
  | { kind: 'peer-joined'; peerId: string; host: string; port: number; shareName: string; listKept: boolean }
  /** A peer left, with its whole list: it stopped renewing, or said goodbye. */
  | { kind: 'peer-left'; peerId: string; expired: boolean }
  /** A peer became a holder of files, or is none of others any more. An added file takes the place of the one of its name. */
  | { kind: 'list-changed'; peerId: string; added: readonly ListedFile[]; removed: readonly ListedFile[] };

/** A message of a watch. */
export interface WatchMessage {
  /** With it, another watch goes on right after this message. */
  resumeToken: string;
  /** By the index's clock. */
  changeTime: Date | undefined;
  /** Undefined: nothing happened; it only says how far the stream has come. */
  change: IndexChange | undefined;
}
