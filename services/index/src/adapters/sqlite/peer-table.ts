import type { ListedPeer, PeerInit, PeerRecord } from '../../core/catalog.ts';
import { toldSizeBytes } from '../../core/told-size.ts';
import type { Database } from './database.ts';
import type { ListDelta } from './list-delta.ts';
import { reportCountAt } from './report-table.ts';

/** The peers and their leases. */
export interface PeerTable {
  find(peerId: string, nowMs: number): PeerRecord | undefined;
  /** The live peer of that key. */
  get(peerKey: number, nowMs: number): PeerRecord | undefined;
  list(afterPeerId: string, limit: number, nowMs: number): ListedPeer[];
  countLive(nowMs: number): { peerCount: number; entryCount: number };
  add(peer: PeerInit): number;
  renew(peerKey: number, nowMs: number, expireMs: number): boolean;
  setReachable(peerKey: number, reachable: boolean, dialMs: number): void;
  /** Takes over what a transaction changed in a peer's list. */
  apply(peerKey: number, delta: ListDelta): void;
  /** Ends a lease, whether it was over or not. */
  retire(peerKey: number, nowMs: number): void;
  /** Ends the leases of that peer id. */
  retireId(peerId: string, nowMs: number): void;
  /** The key of the last lease of that peer id whose list has that fingerprint, live or not; an empty one has none. */
  findKept(peerId: string, listFingerprint: Uint8Array): number | undefined;
  /** Begins a lease anew, under the key of an earlier one of the same peer. Returns how many entries its list has. */
  revive(peerKey: number, peer: PeerInit): number;
  /** Says what a list's fingerprint is now; empty: it has none. */
  setFingerprint(peerKey: number, listFingerprint: Uint8Array): void;
  /** Peers whose leases are over and that are not retired. */
  expired(nowMs: number, limit: number): PeerRecord[];
  nextExpiryMs(): number | undefined;
  /** The key of the peer that was retired first; one whose list has a fingerprint only when that was before `keptAfterMs`. */
  findRetired(keptAfterMs: number): number | undefined;
  drop(peerKey: number): void;
}

interface PeerRow {
  peer_key: number;
  peer_id: string;
  host: string;
  port: number;
  share_name: string;
  secret_hash: Uint8Array;
  join_ms: number;
  renew_ms: number;
  expire_ms: number;
  reachable: number;
  dial_ms: number;
  /** Of all entries. */
  file_count: number;
  folder_count: number;
  total_size_bytes: string;
}

/** Makes the table's access; its caller holds the transaction where several calls belong together. */
export function createPeerTable(database: Database): PeerTable {
  // `expire_ms > 0` is what the partial index asks for.
  const find = database.query<PeerRow>('SELECT * FROM peers WHERE peer_id = ? AND expire_ms > 0 AND expire_ms > ?');
  const get = database.query<PeerRow>('SELECT * FROM peers WHERE peer_key = ? AND expire_ms > ?');
  const list = database.query<PeerRow & { report_count: number }>(
    `SELECT p.*, ${reportCountAt('p.peer_id', '?')} AS report_count FROM peers p
     WHERE p.peer_id > ? AND p.expire_ms > 0 AND p.expire_ms > ? ORDER BY p.peer_id LIMIT ?`,
  );
  const countLive = database.query<{ peers: number; entries: number }>(
    'SELECT count(*) AS peers, coalesce(sum(file_count), 0) AS entries FROM peers WHERE expire_ms > ?',
  );
  const add = database.insert(
    `INSERT INTO peers (peer_id, host, port, share_name, secret_hash, join_ms, renew_ms, expire_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const renew = database.command('UPDATE peers SET renew_ms = ?, expire_ms = ? WHERE peer_key = ? AND expire_ms > ?');
  const setReachable = database.command('UPDATE peers SET reachable = ?, dial_ms = ? WHERE peer_key = ?');
  const readSize = database.query<{ total_size_bytes: string }>(
    'SELECT total_size_bytes FROM peers WHERE peer_key = ?',
  );
  const apply = database.command(
    `UPDATE peers SET file_count = file_count + ?, folder_count = folder_count + ?, total_size_bytes = ?
     WHERE peer_key = ?`,
  );
  const retire = database.command('UPDATE peers SET expire_ms = 0, retire_ms = ? WHERE peer_key = ?');
  const retireId = database.command(
    'UPDATE peers SET expire_ms = 0, retire_ms = ? WHERE peer_id = ? AND expire_ms > 0',
  );
  const findKept = database.query<{ peer_key: number }>(
    `SELECT peer_key FROM peers WHERE peer_id = ? AND list_fingerprint IS NOT NULL AND list_fingerprint = ?
     ORDER BY peer_key DESC LIMIT 1`,
  );
  const revive = database.command(
    `UPDATE peers SET host = ?, port = ?, share_name = ?, secret_hash = ?, join_ms = ?, renew_ms = ?, expire_ms = ?,
     reachable = 0, dial_ms = 0 WHERE peer_key = ?`,
  );
  const setFingerprint = database.command('UPDATE peers SET list_fingerprint = ? WHERE peer_key = ?');
  const expired = database.query<PeerRow>(
    'SELECT * FROM peers WHERE expire_ms > 0 AND expire_ms <= ? ORDER BY expire_ms LIMIT ?',
  );
  const nextExpiry = database.query<{ expire_ms: number }>(
    'SELECT expire_ms FROM peers WHERE expire_ms > 0 ORDER BY expire_ms LIMIT 1',
  );
  const findRetired = database.query<{ peer_key: number }>(
    `SELECT peer_key FROM peers WHERE expire_ms = 0 AND (list_fingerprint IS NULL OR retire_ms <= ?)
     ORDER BY retire_ms LIMIT 1`,
  );
  const drop = database.command('DELETE FROM peers WHERE peer_key = ?');

  return {
    find: (peerId, nowMs) => recordOf(find.get(peerId, nowMs)),
    get: (peerKey, nowMs) => recordOf(get.get(peerKey, nowMs)),
    list: (afterPeerId, limit, nowMs) =>
      list.all(nowMs, afterPeerId, nowMs, limit).map((row) => ({ ...toRecord(row), reportCount: row.report_count })),
    countLive(nowMs) {
      const row = countLive.get(nowMs);
      return { peerCount: row?.peers ?? 0, entryCount: row?.entries ?? 0 };
    },
    add: ({ peerId, host, port, shareName, secretHash, joinMs, expireMs }) =>
      add.run(peerId, host, port, shareName, secretHash, joinMs, joinMs, expireMs),
    renew: (peerKey, nowMs, expireMs) => renew.run(nowMs, expireMs, peerKey, nowMs) > 0,
    setReachable(peerKey, reachable, dialMs) {
      setReachable.run(reachable ? 1 : 0, dialMs, peerKey);
    },
    apply(peerKey, { entryCount, folderCount, entryBytes }) {
      const sum = BigInt(readSize.get(peerKey)?.total_size_bytes ?? 0) + entryBytes;
      apply.run(entryCount, folderCount, String(sum), peerKey);
    },
    retire(peerKey, nowMs) {
      retire.run(nowMs, peerKey);
    },
    retireId(peerId, nowMs) {
      retireId.run(nowMs, peerId);
    },
    findKept: (peerId, listFingerprint) => findKept.get(peerId, listFingerprint)?.peer_key,
    revive(peerKey, { host, port, shareName, secretHash, joinMs, expireMs }) {
      revive.run(host, port, shareName, secretHash, joinMs, joinMs, expireMs, peerKey);
      return get.get(peerKey, joinMs)?.file_count ?? 0;
    },
    setFingerprint(peerKey, listFingerprint) {
      setFingerprint.run(listFingerprint.length === 0 ? null : listFingerprint, peerKey);
    },
    expired: (nowMs, limit) => expired.all(nowMs, limit).map(toRecord),
    nextExpiryMs: () => nextExpiry.get()?.expire_ms,
    findRetired: (keptAfterMs) => findRetired.get(keptAfterMs)?.peer_key,
    drop(peerKey) {
      drop.run(peerKey);
    },
  };
}

function recordOf(row: PeerRow | undefined): PeerRecord | undefined {
  return row === undefined ? undefined : toRecord(row);
}

function toRecord(row: PeerRow): PeerRecord {
  return {
    peerKey: row.peer_key,
    peerId: row.peer_id,
    host: row.host,
    port: row.port,
    shareName: row.share_name,
    secretHash: row.secret_hash,
    joinMs: row.join_ms,
    renewMs: row.renew_ms,
    expireMs: row.expire_ms,
    reachable: row.reachable === 1,
    dialMs: row.dial_ms,
    fileCount: row.file_count - row.folder_count,
    folderCount: row.folder_count,
    totalSizeBytes: toldSizeBytes(row.total_size_bytes),
  };
}
