import type { FileHolders } from '../../core/catalog.ts';
import { type HolderRow, holderOf } from '../holder-row.ts';
import type { Database } from './database.ts';
import { reportCountAt } from './reports.ts';

interface FoundRow extends HolderRow {
  file_key: number;
  whole_holders: number;
  latest_ms: number | null;
}

/** Finds the live holders of files; see `Catalog.findHolders`. */
export async function findHolders(
  database: Database,
  fileKeys: readonly number[],
  nowMs: number,
  holderLimit: number,
  signal: AbortSignal,
): Promise<Map<number, FileHolders>> {
  const found = new Map<number, FileHolders>();
  if (fileKeys.length === 0) return found;
  const live = `FROM cardume.holdings h JOIN cardume.peers p ON p.peer_key = h.peer_key
    WHERE h.file_key = k.file_key AND NOT p.retired AND p.expire_ms > $2`;
  const rows = await database.query<FoundRow>(
    `SELECT k.file_key, c.*, b.* FROM unnest($1::bigint[]) AS k (file_key)
     CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE NOT h.partial) AS whole_holders, max(h.modify_ms) AS latest_ms ${live}
     ) c
     CROSS JOIN LATERAL (
       SELECT p.peer_id, p.host, p.port, p.renew_ms, p.reachable, h.partial, ${reportCountAt('p.peer_id', '$2')} AS report_count
       ${live}
       ORDER BY report_count, h.partial, p.reachable DESC, p.renew_ms DESC, p.peer_id LIMIT $3
     ) b`,
    [[...new Set(fileKeys)], nowMs, holderLimit],
  );
  signal.throwIfAborted();
  for (const [fileKey, all] of Map.groupBy(rows, (row) => row.file_key)) {
    const [first] = all;
    found.set(fileKey, {
      holders: all.map((row) => holderOf(row)),
      wholeHolderCount: first?.whole_holders ?? 0,
      modifyMs: first?.latest_ms ?? undefined,
    });
  }
  return found;
}
