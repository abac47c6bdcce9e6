import type { EntryHolder } from '../core/rights/restricted-lists.ts';
import type { FileHolder } from '../core/search/file-holders.ts';

/** A holder, as both engines read it. */
export interface HolderRow {
  peer_id: string;
  host: string;
  port: number;
  renew_ms: number;
  reachable: number | boolean;
  partial: number | boolean;
  report_count: number;
}

/** A holder of an entry of a list that is for some users only. */
export interface EntryHolderRow extends HolderRow {
  entry_key: number;
  modify_ms: number | null;
}

/** @param restricted whether its list is for some users only */
export function holderOf(row: HolderRow, restricted = false): FileHolder {
  return {
    peerId: row.peer_id,
    host: row.host,
    port: row.port,
    renewMs: row.renew_ms,
    reachable: Boolean(row.reachable),
    partial: Boolean(row.partial),
    reportCount: row.report_count,
    restricted,
  };
}

export function entryHolderOf(row: EntryHolderRow): EntryHolder {
  return { entryKey: row.entry_key, holder: holderOf(row, true), modifyMs: row.modify_ms ?? undefined };
}
