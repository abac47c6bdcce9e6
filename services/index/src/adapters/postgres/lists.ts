import { lastPart } from '@cardume/client';
import type { ChangeOutcome, ListEntry, PeerRecord } from '../../core/catalog.ts';
import type { ListChanges } from '../../core/changes/list-changes.ts';
import { fold } from '../../core/search/fold.ts';
import type { Queries } from './database.ts';
import { storableText } from './parameters.ts';
import { type AskedChange, type HeldEntry, planChange } from './plan-change.ts';
import { addToTotals, type TotalsDelta } from './totals.ts';

/** What became of a change of a list. */
export interface ListOutcome extends ChangeOutcome {
  changes: ListChanges;
}

/** A holding that goes. */
type Released = Pick<HeldEntry, 'nameKey' | 'fileKey' | 'partial'>;

/** What is stored of a file in the columns of folders. */
const noFolder = { fileCount: -1, totalSizeBytes: 0 };

/**
 * Changes a peer's list, within a transaction that has locked the peer's row.
 *
 * Whoever adds or drops files of a name holds a lock on that name's row, taken in the order of names: so no two
 * transactions wait for each other in a circle, and nobody drops what another one begins to use.
 *
 * @param room how many entries the list may have more than now
 */
export async function changeList(
  queries: Queries,
  peer: Pick<PeerRecord, 'peerKey' | 'fileCount' | 'folderCount'>,
  asked: Omit<AskedChange, 'held'>,
): Promise<ListOutcome> {
  const { peerKey } = peer;
  const { keys, held } = await lockNames(queries, peerKey, asked);
  const { release, put, takenCount, removedCount, entryCount, changes } = planChange({ ...asked, held });
  if (release.length > 0) {
    await queries.query('DELETE FROM cardume.holdings WHERE peer_key = $1 AND name_key = ANY($2::bigint[])', [
      peerKey,
      release.map(({ nameKey }) => nameKey),
    ]);
  }
  const added = await putHoldings(queries, peerKey, put, keys);
  const dropped = await dropUnused(queries, release);
  const files = [...put.filter(isFile).map(bytesOf), ...release.filter(isFile).map((entry) => -bytesOf(entry))];
  await queries.query(
    `UPDATE cardume.peers SET entry_count = entry_count + $2, folder_count = folder_count + $3,
     total_size_bytes = total_size_bytes + $4::numeric WHERE peer_key = $1`,
    [
      peerKey,
      entryCount,
      put.filter((entry) => !isFile(entry)).length - release.filter((entry) => !isFile(entry)).length,
      String(files.reduce((sum, bytes) => sum + bytes, 0n)),
    ],
  );
  await addToTotals(queries, peerKey, {
    entryCount,
    fileCount: added.fileCount + dropped.fileCount,
    fileBytes: added.fileBytes + dropped.fileBytes,
  });
  const listed = peer.fileCount + peer.folderCount;
  return { takenFileCount: takenCount, removedFileCount: removedCount, entryCount: listed + entryCount, changes };
}

function isFile({ folder }: Pick<ListEntry, 'folder'>): boolean {
  return folder === undefined;
}

function bytesOf({ sizeBytes }: Pick<ListEntry, 'sizeBytes'>): bigint {
  return BigInt(sizeBytes);
}

/** Locks the names of a change that there are, and finds what the peer has under them. */
async function lockNames(
  queries: Queries,
  peerKey: number,
  { removedNames, added }: Omit<AskedChange, 'held'>,
): Promise<{ keys: Map<string, number>; held: Map<string, HeldEntry> }> {
  const names = new Set([...removedNames, ...added.map(({ name }) => name)].map(storableText));
  const found = await queries.query<{
    name: string;
    name_key: number;
    file_key: number | null;
    size_bytes: number;
    digest: string;
    folder_file_count: number;
    folder_size_bytes: number;
    partial: boolean;
    modify_ms: number | null;
  }>(
    `SELECT n.name, n.name_key, h.file_key, h.partial, h.modify_ms, f.size_bytes, encode(f.digest, 'hex') AS digest,
       f.folder_file_count, f.folder_size_bytes
     FROM cardume.names n
     LEFT JOIN cardume.holdings h ON h.peer_key = $1 AND h.name_key = n.name_key
     LEFT JOIN cardume.files f ON f.file_key = h.file_key
     WHERE n.name = ANY($2::text[]) ORDER BY n.name FOR UPDATE OF n`,
    [peerKey, [...names]],
  );
  const held = new Map<string, HeldEntry>();
  for (const row of found) {
    if (row.file_key === null) continue;
    const { folder_file_count: fileCount, folder_size_bytes: totalSizeBytes } = row;
    held.set(row.name, {
      name: row.name,
      nameKey: row.name_key,
      fileKey: row.file_key,
      sizeBytes: row.size_bytes,
      digest: row.digest,
      folder: fileCount === -1 ? undefined : { fileCount, totalSizeBytes },
      partial: row.partial,
      modifyMs: row.modify_ms ?? undefined,
    });
  }
  return { keys: new Map(found.map((row) => [row.name, row.name_key])), held };
}

/** Adds holdings, and the names and files that there are not yet. Returns what files came. */
async function putHoldings(
  queries: Queries,
  peerKey: number,
  entries: readonly ListEntry[],
  keys: Map<string, number>,
): Promise<Omit<TotalsDelta, 'entryCount'>> {
  const added = { fileCount: 0, fileBytes: 0n };
  if (entries.length === 0) return added;
  await addNames(
    queries,
    entries.map(({ name }) => name).filter((name) => !keys.has(name)),
    keys,
  );
  const rows = entries.map((entry) => ({ ...entry, nameKey: keys.get(entry.name) }));
  const files = await queries.query<{
    name_key: number;
    file_key: number;
    is_new: boolean;
    size_bytes: number;
    folder_file_count: number;
  }>(
    `INSERT INTO cardume.files (name_key, digest, size_bytes, folder_file_count, folder_size_bytes, whole_count)
     SELECT name_key, decode(digest, 'hex'), size_bytes, folder_files, folder_bytes, whole
     FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::integer[], $5::bigint[], $6::bigint[])
       AS e (name_key, digest, size_bytes, folder_files, folder_bytes, whole)
     ON CONFLICT (name_key, digest, size_bytes, folder_file_count, folder_size_bytes)
       DO UPDATE SET whole_count = files.whole_count + excluded.whole_count
     RETURNING name_key, file_key, xmax = 0 AS is_new, size_bytes, folder_file_count`,
    [
      rows.map(({ nameKey }) => nameKey),
      rows.map(({ digest }) => digest),
      rows.map(({ sizeBytes }) => sizeBytes),
      rows.map(({ folder = noFolder }) => folder.fileCount),
      rows.map(({ folder = noFolder }) => folder.totalSizeBytes),
      rows.map(({ partial }) => (partial ? 0 : 1)),
    ],
  );
  const fileKeys = new Map(files.map((row) => [row.name_key, row.file_key]));
  await queries.query(
    `INSERT INTO cardume.holdings (peer_key, name_key, file_key, partial, modify_ms)
     SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::boolean[], $5::double precision[])`,
    [
      peerKey,
      rows.map(({ nameKey }) => nameKey),
      rows.map(({ nameKey }) => fileKeys.get(nameKey ?? -1)),
      rows.map(({ partial }) => partial),
      rows.map(({ modifyMs }) => modifyMs ?? null),
    ],
  );
  for (const row of files) {
    if (!row.is_new || row.folder_file_count !== -1) continue;
    added.fileCount += 1;
    added.fileBytes += BigInt(row.size_bytes);
  }
  return added;
}

/** Adds names, in their order, and notes their keys; one that another replica adds in this moment is waited for. */
async function addNames(queries: Queries, names: string[], keys: Map<string, number>): Promise<void> {
  if (names.length === 0) return;
  const folded = names.map((name) => storableText(fold(name)));
  const foldedLast = names.map((name) => storableText(fold(lastPart(name))));
  const added = await queries.query<{ name: string; name_key: number }>(
    `INSERT INTO cardume.names (name, folded, folded_last)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS e (name, folded, folded_last) ORDER BY name COLLATE "C"
     ON CONFLICT (name) DO UPDATE SET folded = names.folded RETURNING name, name_key`,
    [names, folded, foldedLast],
  );
  for (const row of added) keys.set(row.name, row.name_key);
}

/**
 * Takes holdings that are gone out of the counts of their files, and drops the files and names that nobody lists any more. The
 * transaction has locked the names. Returns what files went, as negative numbers.
 */
export async function dropUnused(
  queries: Queries,
  released: readonly Released[],
): Promise<Omit<TotalsDelta, 'entryCount'>> {
  const dropped = { fileCount: 0, fileBytes: 0n };
  if (released.length === 0) return dropped;
  const whole = released.filter(({ partial }) => !partial).map(({ fileKey }) => fileKey);
  await queries.query(
    `UPDATE cardume.files f SET whole_count = f.whole_count - d.count
     FROM (SELECT file_key, count(*) FROM unnest($1::bigint[]) AS k (file_key) GROUP BY file_key) AS d
     WHERE f.file_key = d.file_key`,
    [whole],
  );
  const files = await queries.query<{ size_bytes: number; folder_file_count: number }>(
    `DELETE FROM cardume.files f WHERE f.file_key = ANY($1::bigint[])
       AND NOT EXISTS (SELECT 1 FROM cardume.holdings h WHERE h.file_key = f.file_key)
     RETURNING f.size_bytes, f.folder_file_count`,
    [released.map(({ fileKey }) => fileKey)],
  );
  if (files.length > 0) {
    await queries.query(
      `DELETE FROM cardume.names n WHERE n.name_key = ANY($1::bigint[])
       AND NOT EXISTS (SELECT 1 FROM cardume.files f WHERE f.name_key = n.name_key)`,
      [released.map(({ nameKey }) => nameKey)],
    );
  }
  for (const row of files) {
    if (row.folder_file_count !== -1) continue;
    dropped.fileCount -= 1;
    dropped.fileBytes -= BigInt(row.size_bytes);
  }
  return dropped;
}
