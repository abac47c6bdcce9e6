import type { ListedPeer, PeerInit, PeerRecord } from '../../core/catalog.ts';
import type { AllowedUsers } from '../../core/rights/allowed-users.ts';
import { toldSizeBytes } from '../../core/told-size.ts';
import { textOfUsers, usersOfText } from '../allowed-users-text.ts';
import type { Database } from './database.ts';
import type { ListDelta } from './list-delta.ts';
import { reportCountAt } from './report-table.ts';

/** The peers and their leases. */
export interface PeerTable {
  find(peerId: string, nowMs: number): PeerRecord | undefined;
  /** The live peer of that key. */
  get(peerKey: number, nowMs: number): PeerRecord | undefined;
  /** @param user '': nobody who is known */
  list(afterPeerId: string, limit: number, nowMs: number, user: string): ListedPeer[];
  /** How many are live. */
  count(nowMs: number): number;
  /** Those that everybody may see, and the others. */
  countLive(nowMs: number): { open: LiveCount; restricted: LiveCount };
  add(peer: PeerInit): number;
  renew(peerKey: number, nowMs: number, expireMs: number): boolean;
  setReachable(peerKey: number, reachable: boolean, dialMs: number): void;
  /** Takes over what a transaction changed in a peer's list. */
  apply(peerKey: number, delta: ListDelta): void;
  /** Ends a lease, whether it was over or not. */
  retire(peerKey: number, nowMs: number): void;
  /** Ends the leases of that peer id. */
  retireId(peerId: string, nowMs: number): void;
  /**
   * The key of the last lease of that peer id whose list has that fingerprint, and which the same users may see, live or not;
   * an empty one has none.
   */
  findKept(peerId: string, listFingerprint: Uint8Array, allowedUsers: AllowedUsers): number | undefined;
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

/** Live peers, and how many entries their lists have. */
interface LiveCount {
  peerCount: number;
  entryCount: number;
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
  /** A JSON array. */
  tags: string;
  takes_offers: number;
  /** Of all entries. */
  file_count: number;
  folder_count: number;
  total_size_bytes: string;
  allowed_users: string;
}

/** Makes the table's access; its caller holds the transaction where several calls belong together. */
export function createPeerTable(database: Database): PeerTable {
  // `expire_ms > 0` is what the partial index asks for.
  const find = database.query<PeerRow>('SELECT * FROM peers WHERE peer_id = ? AND expire_ms > 0 AND expire_ms > ?');
  const get = database.query<PeerRow>('SELECT * FROM peers WHERE peer_key = ? AND expire_ms > ?');
  const list = database.query<PeerRow & { report_count: number }>(
    `SELECT p.*, ${reportCountAt('p.peer_id', '?')} AS report_count FROM peers p
     WHERE p.peer_id > ? AND p.expire_ms > 0 AND p.expire_ms > ?
       AND (p.allowed_users = '' OR EXISTS (SELECT 1 FROM audiences a WHERE a.user_name = ? AND a.peer_key = p.peer_key))
     ORDER BY p.peer_id LIMIT ?`,
  );
  const count = database.query<{ peers: number }>('SELECT count(*) AS peers FROM peers WHERE expire_ms > ?');
  const countLive = database.query<{ restricted: number; peers: number; entries: number }>(
    `SELECT allowed_users <> '' AS restricted, count(*) AS peers, sum(file_count) AS entries FROM peers
     WHERE expire_ms > ? GROUP BY 1`,
  );
  const add = database.insert(
    `INSERT INTO peers
       (peer_id, host, port, share_name, tags, takes_offers, secret_hash, join_ms, renew_ms, expire_ms, allowed_users)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const allow = database.command('INSERT INTO audiences (user_name, peer_key) VALUES (?, ?)');
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
       AND allowed_users = ? ORDER BY peer_key DESC LIMIT 1`,
  );
  const revive = database.command(
    `UPDATE peers SET host = ?, port = ?, share_name = ?, tags = ?, takes_offers = ?, secret_hash = ?, join_ms = ?, renew_ms = ?, expire_ms = ?,
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
  const disallow = database.command('DELETE FROM audiences WHERE peer_key = ?');

  return {
    find: (peerId, nowMs) => recordOf(find.get(peerId, nowMs)),
    get: (peerKey, nowMs) => recordOf(get.get(peerKey, nowMs)),
    list: (afterPeerId, limit, nowMs, user) =>
      list
        .all(nowMs, afterPeerId, nowMs, user, limit)
        .map((row) => ({ ...toRecord(row), reportCount: row.report_count })),
    count: (nowMs) => count.get(nowMs)?.peers ?? 0,
    countLive(nowMs) {
      const rows = countLive.all(nowMs);
      const countOf = (isRestricted: number): LiveCount => {
        const row = rows.find(({ restricted }) => restricted === isRestricted);
        return { peerCount: row?.peers ?? 0, entryCount: row?.entries ?? 0 };
      };
      return { open: countOf(0), restricted: countOf(1) };
    },
    add({ peerId, secretHash, joinMs, expireMs, allowedUsers = [], ...peer }) {
      const lease = [peerId, ...told(peer), secretHash, joinMs, joinMs, expireMs] as const;
      const peerKey = add.run(...lease, textOfUsers(allowedUsers));
      for (const user of allowedUsers) allow.run(user, peerKey);
      return peerKey;
    },
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
    findKept: (peerId, listFingerprint, allowedUsers) =>
      findKept.get(peerId, listFingerprint, textOfUsers(allowedUsers))?.peer_key,
    revive(peerKey, { secretHash, joinMs, expireMs, ...peer }) {
      revive.run(...told(peer), secretHash, joinMs, joinMs, expireMs, peerKey);
      return get.get(peerKey, joinMs)?.file_count ?? 0;
    },
    setFingerprint(peerKey, listFingerprint) {
      setFingerprint.run(listFingerprint.length === 0 ? null : listFingerprint, peerKey);
    },
    expired: (nowMs, limit) => expired.all(nowMs, limit).map(toRecord),
    nextExpiryMs: () => nextExpiry.get()?.expire_ms,
    findRetired: (keptAfterMs) => findRetired.get(keptAfterMs)?.peer_key,
    drop(peerKey) {
      disallow.run(peerKey);
      drop.run(peerKey);
    },
  };
}

type Told = Pick<PeerInit, 'host' | 'port' | 'shareName' | 'tags' | 'takesOffers'>;

function recordOf(row: PeerRow | undefined): PeerRecord | undefined {
  return row === undefined ? undefined : toRecord(row);
}

/** What a peer says of itself, as it is stored. */
function told({
  host,
  port,
  shareName,
  tags = [],
  takesOffers = false,
}: Told): [string, number, string, string, number] {
  return [host, port, shareName, JSON.stringify(tags), takesOffers ? 1 : 0];
}

function toRecord(row: PeerRow): PeerRecord {
  return {
    peerKey: row.peer_key,
    peerId: row.peer_id,
    host: row.host,
    port: row.port,
    shareName: row.share_name,
    tags: JSON.parse(row.tags),
    takesOffers: row.takes_offers === 1,
    secretHash: row.secret_hash,
    joinMs: row.join_ms,
    renewMs: row.renew_ms,
    expireMs: row.expire_ms,
    reachable: row.reachable === 1,
    dialMs: row.dial_ms,
    fileCount: row.file_count - row.folder_count,
    folderCount: row.folder_count,
    totalSizeBytes: toldSizeBytes(row.total_size_bytes),
    allowedUsers: usersOfText(row.allowed_users),
  };
}
