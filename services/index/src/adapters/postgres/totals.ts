import { toldSizeBytes } from '../../core/told-size.ts';
import type { Queries } from './database.ts';
import { totalsSlots } from './schema.ts';

/** By how much a transaction changes the totals over all lists. */
export interface TotalsDelta {
  entryCount: number;
  /** Different files; folders do not count. */
  fileCount: number;
  fileBytes: bigint;
}

/** Adds to the totals, in the row that a peer's changes are counted in. */
export async function addToTotals(queries: Queries, peerKey: number, delta: TotalsDelta): Promise<void> {
  await queries.query(
    `UPDATE cardume.totals SET entry_count = entry_count + $2, file_count = file_count + $3,
     total_size_bytes = total_size_bytes + $4::numeric WHERE slot = $1`,
    [peerKey % totalsSlots, delta.entryCount, delta.fileCount, String(delta.fileBytes)],
  );
}

/** The totals over all lists, also those that wait to be cleared. */
export async function readTotals(
  queries: Queries,
): Promise<{ entryCount: number; fileCount: number; totalSizeBytes: number }> {
  const [row] = await queries.query<{ entries: string; files: string; size_bytes: string }>(
    `SELECT sum(entry_count) AS entries, sum(file_count) AS files, sum(total_size_bytes) AS size_bytes FROM cardume.totals`,
  );
  return {
    entryCount: Number(row?.entries ?? 0),
    fileCount: Number(row?.files ?? 0),
    totalSizeBytes: toldSizeBytes(row?.size_bytes ?? '0'),
  };
}
