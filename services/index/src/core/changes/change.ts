import type { ListEntry } from '../list-entry.ts';
import type { AllowedUsers } from '../rights/allowed-users.ts';

/** A file or folder that a peer lists no more. */
export type RemovedEntry = Pick<ListEntry, 'name' | 'sizeBytes' | 'digest' | 'folder'>;

/** What happened, and who may be told of it; absent: everybody. */
export type ChangeEvent = Happening & { allowedUsers?: AllowedUsers };

type Happening =
  /** A lease began. What the peer listed in an earlier one it lists no more, unless its list was kept. */
  | { kind: 'joined'; host: string; port: number; shareName: string; listKept: boolean }
  /** A lease ended: by itself, or because the peer said goodbye. */
  | { kind: 'left'; expired: boolean }
  /** At most `maxEntriesPerChange` of each. Added entries take the places of those that have their names. */
  | { kind: 'listed'; added: readonly ListEntry[]; removed: readonly RemovedEntry[] };

/** A change, as the log keeps it. */
export interface Change {
  /** Its place in the log: later changes have higher ones, not always the next. */
  position: number;
  /** When it happened, in milliseconds since 1970 on the index's clock. */
  changeMs: number;
  peerId: string;
  event: ChangeEvent;
}

/** Where a log ends. */
export interface ChangeLogEnd {
  /** Names the log: another database has another one. */
  logId: string;
  /** That of the last change; 0: there was none yet. */
  position: number;
}

/** Some changes in their order. */
export interface ChangePage {
  logId: string;
  /** Undefined: those after the position are not kept any more. Empty: there are none yet. */
  changes: Change[] | undefined;
}
