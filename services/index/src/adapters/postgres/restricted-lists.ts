import { lastPart } from '@cardume/client';
import type { ListEntry, PeerRecord } from '../../core/catalog.ts';
import type { EntryHolder, RestrictedList } from '../../core/rights/restricted-lists.ts';
import { fold } from '../../core/search/fold.ts';
import { type EntryHolderRow, entryHolderOf } from '../holder-row.ts';
import type { Queries } from './database.ts';
import { countEntries, type ListOutcome } from './lists.ts';
import { storableText } from './parameters.ts';
import { type AskedChange, type HeldEntry, planChange } from './plan-change.ts';
import { reportCountAt } from './reports.ts';
import { addToTotals } from './totals.ts';

/**
 * Changes a list that is for some users only, within a transaction that has locked the peer's row. It shares no rows with other
 * lists, so that nothing else is to be locked.
 *
 * @param asked.room how many entries the list may have more than now
 */
export async function changeRestrictedList(
  queries: Queries,
  peer: Pick<PeerRecord, 'peerKey' | 'fileCount' | 'folderCount'>,
  asked: Omit<AskedChange, 'held'>,
): Promise<ListOutcome> {
  const { peerKey } = peer;
  const held = await readHeld(queries, peerKey, asked);
  const { release, put, takenCount, removedCount, entryCount, changes } = planChange({ ...asked, held });
  if (release.length > 0) {
    await queries.query('DELETE FROM cardume.restricted_entries WHERE entry_key = ANY($1::bigint[])', [
      release.map(({ fileKey }) => fileKey),
    ]);
  }
  await putEntries(queries, peerKey, put);
  await countEntries(queries, peerKey, { put, release, entryCount });
  await addToTotals(queries, peerKey, { entryCount, fileCount: 0, fileBytes: 0n });
  const listed = peer.fileCount + peer.folderCount;
  return { takenFileCount: takenCount, removedFileCount: removedCount, entryCount: listed + entryCount, changes };
}

/** What is listed under the names of a change. */
async function readHeld(
  queries: Queries,
  peerKey: number,
  { removedNames, added }: Omit<AskedChange, 'held'>,
): Promise<Map<string, HeldEntry>> {
  const names = new Set([...removedNames, ...added.map(({ name }) => name)].map(storableText));
  const rows = await queries.query<HeldRow>(
    // Each name by the index: by `name = ANY(…)`, thousands of them may be looked for among all that the peer lists.
    `SELECT e.* FROM unnest($2::text[]) AS k (name)
     CROSS JOIN LATERAL (
       SELECT entry_key, name, encode(digest, 'hex') AS digest, size_bytes, folder_file_count, folder_size_bytes, partial,
         modify_ms
       FROM cardume.restricted_entries WHERE peer_key = $1 AND name = k.name COLLATE "C" OFFSET 0
     ) e`,
    [peerKey, [...names]],
  );
  return new Map(rows.map((row) => [row.name, heldOf(row)]));
}

interface HeldRow {
  entry_key: number;
  name: string;
  digest: string;
  size_bytes: number;
  /** -1: it is a file. */
  folder_file_count: number;
  folder_size_bytes: number;
  partial: boolean;
  modify_ms: number | null;
}

/** An entry has its own row for name and file. */
function heldOf(row: HeldRow): HeldEntry {
  const { entry_key: key, folder_file_count: fileCount, folder_size_bytes: totalSizeBytes } = row;
  return {
    name: row.name,
    nameKey: key,
    fileKey: key,
    sizeBytes: row.size_bytes,
    digest: row.digest,
    folder: fileCount === -1 ? undefined : { fileCount, totalSizeBytes },
    partial: row.partial,
    modifyMs: row.modify_ms ?? undefined,
  };
}

async function putEntries(queries: Queries, peerKey: number, entries: readonly ListEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const noFolder = { fileCount: -1, totalSizeBytes: 0 };
  await queries.query(
    `INSERT INTO cardume.restricted_entries (peer_key, name, folded, folded_last, digest, size_bytes, folder_file_count,
       folder_size_bytes, partial, modify_ms)
     SELECT $1, name, folded, folded_last, decode(digest, 'hex'), size_bytes, folder_files, folder_bytes, partial, modify_ms
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::integer[], $8::bigint[], $9::boolean[],
       $10::double precision[])
       AS e (name, folded, folded_last, digest, size_bytes, folder_files, folder_bytes, partial, modify_ms)`,
    [
      peerKey,
      entries.map(({ name }) => name),
      entries.map(({ name }) => storableText(fold(name))),
      entries.map(({ name }) => storableText(fold(lastPart(name)))),
      entries.map(({ digest }) => digest),
      entries.map(({ sizeBytes }) => sizeBytes),
      entries.map(({ folder = noFolder }) => folder.fileCount),
      entries.map(({ folder = noFolder }) => folder.totalSizeBytes),
      entries.map(({ partial }) => partial),
      entries.map(({ modifyMs }) => modifyMs ?? null),
    ],
  );
}

/** Removes at most so many entries of a retired peer; returns how many. */
export async function clearRestricted(queries: Queries, peerKey: number, limit: number): Promise<number> {
  const gone = await queries.query(
    `DELETE FROM cardume.restricted_entries WHERE entry_key IN (
       SELECT entry_key FROM cardume.restricted_entries WHERE peer_key = $1 LIMIT $2
     ) RETURNING 1`,
    [peerKey, limit],
  );
  await addToTotals(queries, peerKey, { entryCount: -gone.length, fileCount: 0, fileBytes: 0n });
  return gone.length;
}

/** See `RestrictedLists.findListsFor`. */
export async function findListsFor(
  queries: Queries,
  user: string,
  nowMs: number,
  limit: number,
): Promise<RestrictedList[]> {
  const rows = await queries.query<{ peer_key: number; entry_count: number }>(
    `SELECT p.peer_key, p.entry_count FROM cardume.audiences a JOIN cardume.peers p ON p.peer_key = a.peer_key
     WHERE a.user_name = $1 AND NOT p.retired AND p.expire_ms > $2 ORDER BY a.peer_key LIMIT $3`,
    [storableText(user), nowMs, limit],
  );
  return rows.map((row) => ({ peerKey: row.peer_key, entryCount: row.entry_count }));
}

/** See `RestrictedLists.findEntryHolders`. */
export async function findEntryHolders(
  queries: Queries,
  entryKeys: readonly number[],
  nowMs: number,
): Promise<EntryHolder[]> {
  const rows = await queries.query<EntryHolderRow>(
    `SELECT e.entry_key, p.peer_id, p.host, p.port, p.renew_ms, p.reachable, e.partial, e.modify_ms,
       ${reportCountAt('p.peer_id', '$2')} AS report_count
     FROM cardume.restricted_entries e JOIN cardume.peers p ON p.peer_key = e.peer_key
     WHERE e.entry_key = ANY($1::bigint[]) AND NOT p.retired AND p.expire_ms > $2`,
    [[...entryKeys], nowMs],
  );
  return rows.map(entryHolderOf);
}
