import type { FolderSummary } from '@cardume/client';

/** An entry of a peer's list, checked. */
export interface ListEntry {
  name: string;
  sizeBytes: number;
  /** 64 lower-case hex digits. */
  digest: string;
  /** Milliseconds since 1970; undefined when unknown. */
  modifyMs: number | undefined;
  partial: boolean;
  /** What is in it, when it is a folder; undefined: it is a file. */
  folder?: FolderSummary | undefined;
}
