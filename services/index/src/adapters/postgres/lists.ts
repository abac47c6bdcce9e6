import { lastPart } from '@cardume/client';
import type { ChangeOutcome, ListEntry, PeerRecord } from '../../core/catalog.ts';
import type { ListChanges } from '../../core/changes/list-changes.ts';
import { fold } from '../../core/search/fold.ts';
import type { Queries } from './database.ts';
import { storableText } from './parameters.ts';
import { type AskedChange, type HeldEntry, type PlannedChange, planChange } from './plan-change.ts';
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
 * Whoever adds or drops files of a name holds a lock on that name's row, taken in the order of names, also of those that are
 * new: so no two transactions wait for each other in a circle, and nobody drops what another one begins to use.
 *
 * @param room how many entries the list may have more than now
 */
export async function changeList(
  queries: Queries,
  peer: Pick<PeerRecord, 'peerKey' | 'fileCount' | 'folderCount'>,
  asked: Omit<AskedChange, 'held'>,
): Promise<ListOutcome> {
  const { peerKey } = peer;
  const held = await readHeld(queries, peer, asked);
  const { release, put, takenCount, removedCount, entryCount, changes } = planChange({ ...asked, held });
  const names = await lockNames(queries, new Set([...release, ...put].map(({ name }) => name)));
  if (release.length > 0) {
    await queries.query('DELETE FROM cardume.holdings WHERE peer_key = $1 AND name_key = ANY($2::bigint[])', [
      peerKey,
      release.map(({ nameKey }) => nameKey),
    ]);
  }
  const added = await putHoldings(queries, peerKey, put, names);
  const dropped = await dropUnused(queries, release);
  await countEntries(queries, peerKey, { put, release, entryCount });
  await addToTotals(queries, peerKey, {
    entryCount,
    fileCount: added.fileCount + dropped.fileCount,
    fileBytes: added.fileBytes + dropped.fileBytes,
  });
  const listed = peer.fileCount + peer.folderCount;
  return { takenFileCount: takenCount, removedFileCount: removedCount, entryCount: listed + entryCount, changes };
}

/** Takes over into a peer's row what a change made of its list. */
export async function countEntries(
  queries: Queries,
  peerKey: number,
  { put, release, entryCount }: Pick<PlannedChange, 'put' | 'release' | 'entryCount'>,
): Promise<void> {
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
}

function isFile({ folder }: Pick<ListEntry, 'folder'>): boolean {
  return folder === undefined;
}

function bytesOf({ sizeBytes }: Pick<ListEntry, 'sizeBytes'>): bigint {
  return BigInt(sizeBytes);
}

/** What the peer lists under the names of a change; the lock on its row keeps it so. */
async function readHeld(
  queries: Queries,
  { peerKey, fileCount, folderCount }: Pick<PeerRecord, 'peerKey' | 'fileCount' | 'folderCount'>,
  { removedNames, added }: Omit<AskedChange, 'held'>,
): Promise<Map<string, HeldEntry>> {
  if (fileCount + folderCount === 0) return new Map();
  const names = new Set([...removedNames, ...added.map(({ name }) => name)].map(storableText));
  const rows = await queries.query<HeldRow>(
    `SELECT e.name, n.name_key, h.*
     FROM ${namesOf('$2')}
     CROSS JOIN LATERAL (
       SELECT h.file_key, h.partial, h.modify_ms, f.size_bytes, encode(f.digest, 'hex') AS digest,
         f.folder_file_count, f.folder_size_bytes
       FROM cardume.holdings h JOIN cardume.files f ON f.file_key = h.file_key
       WHERE h.peer_key = $1 AND h.name_key = n.name_key OFFSET 0
     ) h`,
    [peerKey, [...names]],
  );
  return new Map(rows.map((row) => [row.name, heldOf(row)]));
}

/**
 * The rows `n` of the names `e.name` of an array, each found by the index of names. By `name = ANY(…)`, thousands of names make
 * PostgreSQL read the whole table instead, and with a join all that the peer lists: for each message of a long list.
 */
function namesOf(parameter: string): string {
  return `unnest(${parameter}::text[]) AS e (name)
     CROSS JOIN LATERAL (SELECT name_key FROM cardume.names WHERE name = e.name COLLATE "C" OFFSET 0) n`;
}

/** Adds holdings, and the files that there are not yet. Returns what files came. */
async function putHoldings(
  queries: Queries,
  peerKey: number,
  entries: readonly ListEntry[],
  names: LockedNames,
): Promise<Omit<TotalsDelta, 'entryCount'>> {
  const rows = entries.map((entry) => ({ ...entry, nameKey: names.keys.get(entry.name) }));
  const ofNewNames = await putRows(
    queries,
    peerKey,
    rows.filter(({ name }) => names.added.has(name)),
    addFiles,
  );
  const ofOthers = await putRows(
    queries,
    peerKey,
    rows.filter(({ name }) => !names.added.has(name)),
    addOrCountFiles,
  );
  return {
    fileCount: ofNewNames.fileCount + ofOthers.fileCount,
    fileBytes: ofNewNames.fileBytes + ofOthers.fileBytes,
  };
}

/** For names that were just added: of those there are no files, and to look for them takes a third of the time. */
const addFiles = `INSERT INTO cardume.files
    (name_key, digest, size_bytes, folder_file_count, folder_size_bytes, whole_count)
  SELECT name_key, decode(digest, 'hex'), size_bytes, folder_files, folder_bytes, CASE WHEN partial THEN 0 ELSE 1 END FROM e`;
/** For names that may have files. */
const addOrCountFiles = `${addFiles} ON CONFLICT (name_key, digest, size_bytes, folder_file_count, folder_size_bytes)
  DO UPDATE SET whole_count = files.whole_count + excluded.whole_count`;

/** Adds entries of different names, with their files. Returns what files came. */
async function putRows(
  queries: Queries,
  peerKey: number,
  rows: readonly (ListEntry & { nameKey: number | undefined })[],
  putFiles: string,
): Promise<Omit<TotalsDelta, 'entryCount'>> {
  if (rows.length === 0) return { fileCount: 0, fileBytes: 0n };
  const [added] = await queries.query<{ file_count: number; file_bytes: string }>(
    `WITH e AS (
       SELECT * FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::integer[], $6::bigint[], $7::boolean[],
         $8::double precision[]) AS e (name_key, digest, size_bytes, folder_files, folder_bytes, partial, modify_ms)
     ), f AS (
       ${putFiles} RETURNING name_key, file_key, xmax = 0 AS is_new, size_bytes, folder_file_count
     ), h AS (
       INSERT INTO cardume.holdings (peer_key, name_key, file_key, partial, modify_ms)
       SELECT $1, e.name_key, f.file_key, e.partial, e.modify_ms FROM e JOIN f ON f.name_key = e.name_key
     )
     SELECT count(*) AS file_count, coalesce(sum(size_bytes), 0) AS file_bytes FROM f
     WHERE is_new AND folder_file_count = -1`,
    [
      peerKey,
      rows.map(({ nameKey }) => nameKey),
      rows.map(({ digest }) => digest),
      rows.map(({ sizeBytes }) => sizeBytes),
      rows.map(({ folder = noFolder }) => folder.fileCount),
      rows.map(({ folder = noFolder }) => folder.totalSizeBytes),
      rows.map(({ partial }) => partial),
      rows.map(({ modifyMs }) => modifyMs ?? null),
    ],
  );
  return { fileCount: added?.file_count ?? 0, fileBytes: BigInt(added?.file_bytes ?? 0) };
}

interface HeldRow {
  name: string;
  name_key: number;
  file_key: number;
  size_bytes: number;
  digest: string;
  folder_file_count: number;
  folder_size_bytes: number;
  partial: boolean;
  modify_ms: number | null;
}

function heldOf(row: HeldRow): HeldEntry {
  const { folder_file_count: fileCount, folder_size_bytes: totalSizeBytes } = row;
  return {
    name: row.name,
    nameKey: row.name_key,
    fileKey: row.file_key,
    sizeBytes: row.size_bytes,
    digest: row.digest,
    folder: fileCount === -1 ? undefined : { fileCount, totalSizeBytes },
    partial: row.partial,
    modifyMs: row.modify_ms ?? undefined,
  };
}

/** Names that a transaction has locked. */
interface LockedNames {
  keys: ReadonlyMap<string, number>;
  /** Those of them that it added, so that there is no file of theirs. */
  added: ReadonlySet<string>;
}

/**
 * Locks names, and adds those that there are not yet, all in one order.
 *
 * The condition that never holds leaves those that there are as they are, and locked.
 */
async function lockNames(queries: Queries, names: ReadonlySet<string>): Promise<LockedNames> {
  if (names.size === 0) return { keys: new Map(), added: names };
  const all = [...names];
  const rows = await queries.query<NameRow>(
    `INSERT INTO cardume.names (name, folded, folded_last)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS e (name, folded, folded_last) ORDER BY name COLLATE "C"
     ON CONFLICT (name) DO UPDATE SET folded = names.folded WHERE false RETURNING name, name_key`,
    [all, all.map((name) => storableText(fold(name))), all.map((name) => storableText(fold(lastPart(name))))],
  );
  const keys = new Map(rows.map((row) => [row.name, row.name_key]));
  const added = new Set(keys.keys());
  const known = all.filter((name) => !added.has(name));
  if (known.length === 0) return { keys, added };
  const found = await queries.query<NameRow>(`SELECT e.name, n.name_key FROM ${namesOf('$1')}`, [known]);
  for (const row of found) keys.set(row.name, row.name_key);
  return { keys, added };
}

interface NameRow {
  name: string;
  name_key: number;
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
