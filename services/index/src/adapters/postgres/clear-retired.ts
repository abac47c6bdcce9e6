import type { Database, Queries } from './database.ts';
import { dropUnused } from './lists.ts';
import { clearRestricted } from './restricted-lists.ts';
import { addToTotals, readTotals } from './totals.ts';

/**
 * Clears entries of retired peers; see `Catalog.clearRetired`. Replicas clear different peers at a time. Each peer is a
 * transaction of its own: names of two of them would be locked out of their order.
 */
export async function clearRetired(
  database: Database,
  limit: number,
  keptAfterMs: number,
  maxHoldings: number,
): Promise<number> {
  const { entryCount } = await readTotals(database);
  const afterMs = entryCount > maxHoldings / 2 ? Number.MAX_SAFE_INTEGER : keptAfterMs;
  for (let cleared = 0; ; ) {
    const count = await database.transaction((queries) => clearOne(queries, limit - cleared, afterMs));
    cleared += count;
    if (count === 0 || cleared >= limit) return cleared;
  }
}

/** Clears entries of the peer that was retired first, and then the peer. Returns how many rows went. */
async function clearOne(queries: Queries, limit: number, keptAfterMs: number): Promise<number> {
  const peerKey = await findRetired(queries, keptAfterMs);
  if (peerKey === undefined) return 0;
  // A list is in one of the two.
  const open = await clearSome(queries, peerKey, limit);
  const count = open + (await clearRestricted(queries, peerKey, limit - open));
  if (count >= limit) return count;
  await queries.query('DELETE FROM cardume.audiences WHERE peer_key = $1', [peerKey]);
  await queries.query('DELETE FROM cardume.peers WHERE peer_key = $1', [peerKey]);
  return count + 1;
}

async function findRetired(queries: Queries, keptAfterMs: number): Promise<number | undefined> {
  const [row] = await queries.query<{ peer_key: number }>(
    `SELECT peer_key FROM cardume.peers WHERE retired AND (list_fingerprint IS NULL OR retire_ms <= $1)
     ORDER BY retire_ms LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [keptAfterMs],
  );
  return row?.peer_key;
}

/** Removes at most so many entries of a peer, whichever; what is left is not the list any more that had the fingerprint. */
async function clearSome(queries: Queries, peerKey: number, limit: number): Promise<number> {
  const names = await queries.query<{ name_key: number }>(
    `SELECT n.name_key FROM cardume.names n WHERE n.name_key IN (
       SELECT h.name_key FROM cardume.holdings h WHERE h.peer_key = $1 ORDER BY h.name_key LIMIT $2
     ) ORDER BY n.name FOR UPDATE`,
    [peerKey, limit],
  );
  const gone = await queries.query<{ name_key: number; file_key: number; partial: boolean }>(
    `DELETE FROM cardume.holdings WHERE peer_key = $1 AND name_key = ANY($2::bigint[])
     RETURNING name_key, file_key, partial`,
    [peerKey, names.map((row) => row.name_key)],
  );
  await queries.query('UPDATE cardume.peers SET list_fingerprint = NULL WHERE peer_key = $1', [peerKey]);
  const released = gone.map((row) => ({ nameKey: row.name_key, fileKey: row.file_key, partial: row.partial }));
  const dropped = await dropUnused(queries, released);
  await addToTotals(queries, peerKey, { entryCount: -gone.length, ...dropped });
  return gone.length;
}
