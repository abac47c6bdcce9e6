import type { ListedPeer, PeerInit, PeerRecord } from '../../core/catalog.ts';
import { toldSizeBytes } from '../../core/told-size.ts';
import { textOfUsers, usersOfText } from '../allowed-users-text.ts';
import type { Queries } from './database.ts';
import { storableText } from './parameters.ts';
import { reportCountAt } from './reports.ts';

/** A row of `peers`. */
export interface PeerRow {
  peer_key: number;
  peer_id: string;
  host: string;
  port: number;
  share_name: string;
  secret_hash: Uint8Array;
  join_ms: number;
  renew_ms: number;
  expire_ms: number;
  reachable: boolean;
  dial_ms: number;
  tags: string[];
  takes_offers: boolean;
  entry_count: number;
  folder_count: number;
  total_size_bytes: string;
  allowed_users: string;
}

export function recordOf(row: PeerRow): PeerRecord {
  return {
    peerKey: row.peer_key,
    peerId: row.peer_id,
    host: row.host,
    port: row.port,
    shareName: row.share_name,
    tags: row.tags,
    takesOffers: row.takes_offers,
    secretHash: row.secret_hash,
    joinMs: row.join_ms,
    renewMs: row.renew_ms,
    expireMs: row.expire_ms,
    reachable: row.reachable,
    dialMs: row.dial_ms,
    fileCount: row.entry_count - row.folder_count,
    folderCount: row.folder_count,
    totalSizeBytes: toldSizeBytes(row.total_size_bytes),
    allowedUsers: usersOfText(row.allowed_users),
  };
}

/** Live peers in the order of their ids; see `Catalog.listPeers`. */
export async function listPeers(
  queries: Queries,
  afterPeerId: string,
  limit: number,
  nowMs: number,
  user: string,
): Promise<ListedPeer[]> {
  const rows = await queries.query<PeerRow & { report_count: number }>(
    `SELECT p.*, ${reportCountAt('p.peer_id', '$2')} AS report_count FROM cardume.peers p
     WHERE NOT p.retired AND p.peer_id > $1 AND p.expire_ms > $2 AND (p.allowed_users = ''
       OR EXISTS (SELECT 1 FROM cardume.audiences a WHERE a.user_name = $4 AND a.peer_key = p.peer_key))
     ORDER BY p.peer_id LIMIT $3`,
    [afterPeerId, nowMs, limit, storableText(user)],
  );
  return rows.map((row) => ({ ...recordOf(row), reportCount: row.report_count }));
}

/** How many peers are live. */
export async function countPeers(queries: Queries, nowMs: number): Promise<number> {
  const [row] = await queries.query<{ peers: number }>(
    'SELECT count(*) AS peers FROM cardume.peers WHERE NOT retired AND expire_ms > $1',
    [nowMs],
  );
  return row?.peers ?? 0;
}

/** Live peers, and how many entries their lists have. */
export interface LiveCount {
  peerCount: number;
  entryCount: number;
}

/** Counts the live peers that everybody may see, and the others. */
export async function countLive(queries: Queries, nowMs: number): Promise<{ open: LiveCount; restricted: LiveCount }> {
  const rows = await queries.query<{ restricted: boolean; peers: number; entries: string }>(
    `SELECT allowed_users <> '' AS restricted, count(*) AS peers, sum(entry_count) AS entries FROM cardume.peers
     WHERE NOT retired AND expire_ms > $1 GROUP BY 1`,
    [nowMs],
  );
  const countOf = (isRestricted: boolean): LiveCount => {
    const row = rows.find(({ restricted }) => restricted === isRestricted);
    return { peerCount: row?.peers ?? 0, entryCount: Number(row?.entries ?? 0) };
  };
  return { open: countOf(false), restricted: countOf(true) };
}

/** The live lease of a peer's key, whose row is locked until the transaction ends. */
export async function lockPeer(queries: Queries, peerKey: number, nowMs: number): Promise<PeerRecord | undefined> {
  const [row] = await queries.query<PeerRow>(
    'SELECT * FROM cardume.peers WHERE peer_key = $1 AND NOT retired AND expire_ms > $2 FOR UPDATE',
    [peerKey, nowMs],
  );
  return row === undefined ? undefined : recordOf(row);
}

/** Adds a lease; returns its key. */
export async function addPeer(queries: Queries, peer: PeerInit): Promise<number> {
  const { allowedUsers = [] } = peer;
  const [row] = await queries.query<{ peer_key: number }>(
    `INSERT INTO cardume.peers (peer_id, host, port, share_name, secret_hash, join_ms, renew_ms, expire_ms, tags, takes_offers,
       allowed_users)
     VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10) RETURNING peer_key`,
    [peer.peerId, ...toldBy(peer), textOfUsers(allowedUsers)],
  );
  if (row === undefined) throw new Error('PostgreSQL returned no key');
  if (allowedUsers.length > 0) {
    await queries.query(
      'INSERT INTO cardume.audiences (user_name, peer_key) SELECT user_name, $2 FROM unnest($1::text[]) AS u (user_name)',
      [[...allowedUsers], row.peer_key],
    );
  }
  return row.peer_key;
}

/** What is stored of a peer that joins, in the order of both statements. */
function toldBy({ host, port, shareName, secretHash, joinMs, expireMs, tags = [], takesOffers = false }: PeerInit) {
  return [host, port, shareName, Buffer.from(secretHash), joinMs, expireMs, [...tags], takesOffers];
}

/** Begins a lease anew, under the key of an earlier one of the same peer. Returns how many entries its list has. */
export async function revivePeer(queries: Queries, peerKey: number, peer: PeerInit): Promise<number> {
  const [row] = await queries.query<{ entry_count: number }>(
    `UPDATE cardume.peers SET host = $2, port = $3, share_name = $4, secret_hash = $5, join_ms = $6, renew_ms = $6,
       expire_ms = $7, tags = $8, takes_offers = $9, retired = false, reachable = false, dial_ms = 0
     WHERE peer_key = $1 RETURNING entry_count`,
    [peerKey, ...toldBy(peer)],
  );
  return row?.entry_count ?? 0;
}

/** Ends leases whose time is over, each by one replica only. */
export async function retireExpired(queries: Queries, nowMs: number, limit: number): Promise<PeerRecord[]> {
  const rows = await queries.query<PeerRow>(
    `UPDATE cardume.peers SET retired = true, retire_ms = $1 WHERE peer_key IN (
       SELECT peer_key FROM cardume.peers WHERE NOT retired AND expire_ms <= $1 ORDER BY expire_ms LIMIT $2
       FOR UPDATE SKIP LOCKED
     ) RETURNING *`,
    [nowMs, limit],
  );
  return rows.map(recordOf);
}
