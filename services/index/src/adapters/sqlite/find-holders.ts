import { setImmediate } from 'node:timers/promises';
import type { FileHolders } from '../../core/catalog.ts';
import type { Database } from './database.ts';

/** How many holders are looked at before other work has its turn: some milliseconds. */
const holdersPerTurn = 10_000;

interface HolderRow {
  peer_id: string;
  host: string;
  port: number;
  renew_ms: number;
  reachable: number;
  partial: number;
}

interface CountRow {
  holders: number;
  whole_holders: number;
  modify_ms: number | null;
}

/** Finds the live holders of files; see `Catalog.findHolders`. */
export async function findHolders(
  database: Database,
  fileKeys: readonly number[],
  nowMs: number,
  holderLimit: number,
  signal: AbortSignal,
): Promise<Map<number, FileHolders>> {
  const source = `FROM holdings h JOIN peers p ON p.peer_key = h.peer_key
    WHERE h.file_key = ? AND p.expire_ms > ?`;
  const count = database.query<CountRow>(
    `SELECT count(*) AS holders, coalesce(sum(h.partial = 0), 0) AS whole_holders, max(h.modify_ms) AS modify_ms ${source}`,
  );
  const best = database.query<HolderRow>(
    `SELECT p.peer_id, p.host, p.port, p.renew_ms, p.reachable, h.partial ${source}
     ORDER BY h.partial, p.reachable DESC, p.renew_ms DESC, p.peer_id LIMIT ?`,
  );
  const found = new Map<number, FileHolders>();
  let examinedCount = 0;
  for (const fileKey of fileKeys) {
    const counted = count.get(fileKey, nowMs);
    if (counted === undefined || counted.holders === 0) continue;
    const rows = best.all(fileKey, nowMs, holderLimit);
    found.set(fileKey, {
      holders: rows.map(holderOf),
      wholeHolderCount: counted.whole_holders,
      modifyMs: counted.modify_ms ?? undefined,
    });
    examinedCount += counted.holders;
    if (examinedCount >= holdersPerTurn) {
      examinedCount = 0;
      await setImmediate();
      signal.throwIfAborted();
    }
  }
  return found;
}

function holderOf(row: HolderRow): FileHolders['holders'][number] {
  return {
    peerId: row.peer_id,
    host: row.host,
    port: row.port,
    renewMs: row.renew_ms,
    reachable: row.reachable === 1,
    partial: row.partial === 1,
  };
}
