import type { Logger } from '@cardume/service-kit';
import type { Catalog, CatalogQuotas, JoinOutcome, ListEntry, PeerInit, PeerRecord } from '../../core/catalog.ts';
import type { ChangeEvent } from '../../core/changes/change.ts';
import { eventFor } from '../../core/changes/event-for.ts';
import { eventsOf } from '../../core/changes/list-changes.ts';
import { usualQuotas } from '../../core/limits.ts';
import { type AllowedUsers, areSameUsers } from '../../core/rights/allowed-users.ts';
import { textOfUsers } from '../allowed-users-text.ts';
import { Batcher } from '../batcher.ts';
import { PeerBound } from '../peer-bound.ts';
import { withStorageErrors } from '../storage-errors.ts';
import { type NotedChange, readChanges, readLogEnd, trimChanges, writeChanges } from './change-log.ts';
import { clearRetired } from './clear-retired.ts';
import { openPool, type Queries } from './database.ts';
import { findCandidates } from './find-candidates.ts';
import { findCandidatesOfEach } from './find-candidates-of-each.ts';
import { findHolders } from './find-holders.ts';
import { findInLists } from './find-in-lists.ts';
import { createSharedClock } from './keep-time.ts';
import { type Renewal, renewAll } from './leases.ts';
import { createChangeListener } from './listen.ts';
import { changeList } from './lists.ts';
import { migrate } from './migrate.ts';
import {
  addPeer,
  countLive,
  countPeers,
  listPeers,
  lockPeer,
  type PeerRow,
  recordOf,
  retireExpired,
  revivePeer,
} from './peers.ts';
import { createPresence, withPresence } from './presence.ts';
import { addReport, clearReports } from './reports.ts';
import { changeRestrictedList, findEntryHolders, findListsFor } from './restricted-lists.ts';
import { storageFailureOf } from './storage-failure.ts';
import { readTotals } from './totals.ts';
import { createUsers } from './users.ts';

/** Which database to open, and its bounds. */
export interface PostgresCatalogInit {
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, or any other connection URI of PostgreSQL. */
  url: string;
  logger: Logger;
  /** Default: those of `limits.ts`. */
  quotas?: CatalogQuotas;
}

/** A catalog that replicas share, and the clock that they share with it. */
export interface PostgresCatalog {
  catalog: Catalog;
  /** Milliseconds since 1970 by the database's clock: leases are measured by it at every replica. */
  nowMs: () => number;
}

/** How long a statement that changes something may take: the largest message takes a second. */
const changeTimeoutMs = 15_000;
/** How long the database may look for one query: what no index helps with looks at every name. */
const searchTimeoutMs = 2_000;
/** How many renewals, or peers to be found, go in one statement. */
const maxBatch = 1_000;
const noFingerprint = new Uint8Array();

/**
 * Opens the catalog in a PostgreSQL database, which any number of replicas share. Names are found by B-trees and a trigram
 * index (pg_trgm).
 *
 * Its methods may throw STORAGE_UNAVAILABLE while the database is away; connections are made anew by themselves. Bounds that
 * concern several peers may be exceeded by what replicas add in the same moment.
 *
 * @throws what PostgreSQL's driver throws; UnusableDatabase
 */
export async function openPostgresCatalog(init: PostgresCatalogInit): Promise<PostgresCatalog> {
  const { url, logger, quotas = usualQuotas } = init;
  const onLost = (error: Error): void => logger.warn({ problem: error.message }, 'lost a connection to the database');
  const database = openPool({ url, statementTimeoutMs: changeTimeoutMs, onLost });
  const searches = openPool({ url, statementTimeoutMs: searchTimeoutMs, onLost });
  const listener = createChangeListener(database, logger);
  const close = async (): Promise<void> => {
    await listener.close();
    await Promise.all([database.close(), searches.close()]);
  };
  try {
    await migrate(database);
    const clock = await createSharedClock(database);
    const catalog = withPresence(catalogOf(), createPresence(database, clock));
    return { catalog: withStorageErrors(catalog, storageFailureOf), nowMs: clock.nowMs };

    function catalogOf(): Omit<Catalog, 'resume' | 'heartbeat'> {
      const renewals = new Batcher<Renewal, boolean>((items) => renewAll(database, items), maxBatch);
      const lookups = new Batcher<string, PeerRecord | undefined>((peerIds) => findPeers(database, peerIds), maxBatch);
      const bound = new PeerBound(quotas.maxPeers);
      const isFull = async (queries: Queries, nowMs: number): Promise<boolean> => {
        if (bound.needsCount(nowMs)) bound.counted(await countPeers(queries, nowMs), nowMs);
        return bound.isFull;
      };
      const roomOf = async (queries: Queries, listed: number): Promise<number> =>
        Math.min(quotas.maxFilesPerPeer - listed, quotas.maxHoldings - (await readTotals(queries)).entryCount);

      const begin = async (
        queries: Queries,
        peer: PeerInit,
        entries: readonly ListEntry[],
        listFingerprint: Uint8Array,
        before: PeerRecord | undefined,
      ): Promise<JoinOutcome> => {
        const { peerId, joinMs, host, port, shareName, allowedUsers = [] } = peer;
        const keptKey = await findKept(queries, peerId, listFingerprint, allowedUsers);
        const listKept = keptKey !== undefined;
        const noted = (event: ChangeEvent, users: AllowedUsers = allowedUsers): NotedChange => {
          return { peerId, changeMs: joinMs, event: eventFor(users, event) };
        };
        await queries.query(
          'UPDATE cardume.peers SET retired = true, retire_ms = $2 WHERE peer_id = $1 AND NOT retired',
          [peerId, joinMs],
        );
        const joined = [noted({ kind: 'joined', host, port, shareName, listKept })];
        if (before !== undefined && !areSameUsers(before.allowedUsers, allowedUsers)) {
          joined.unshift(noted({ kind: 'left', expired: false }, before.allowedUsers));
        }
        if (listKept) {
          const entryCount = await revivePeer(queries, keptKey, peer);
          await writeChanges(queries, joined);
          return { kind: 'joined', peerKey: keptKey, takenFileCount: 0, listKept, entryCount };
        }
        const peerKey = await addPeer(queries, peer);
        const asked = { removedNames: [], added: entries, room: await roomOf(queries, 0) };
        const empty = { peerKey, fileCount: 0, folderCount: 0 };
        const { takenFileCount, entryCount, changes } = await changerOf(allowedUsers)(queries, empty, asked);
        await writeChanges(queries, [...joined, ...eventsOf(changes).map((event) => noted(event))]);
        return { kind: 'joined', peerKey, takenFileCount, listKept, entryCount };
      };

      return {
        ...createUsers(database),
        async findPeer(peerId, nowMs) {
          const peer = await lookups.run(peerId);
          return peer !== undefined && peer.expireMs > nowMs ? peer : undefined;
        },
        listPeers: (afterPeerId, limit, nowMs, user = '') => listPeers(database, afterPeerId, limit, nowMs, user),
        join: (peer, entries, replaces, listFingerprint = noFingerprint) =>
          database.transaction(async (queries): Promise<JoinOutcome> => {
            const { peerId, joinMs } = peer;
            // One join of an id at a time, whether it has a row or not.
            await queries.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [peerId]);
            const live = (await findPeers(queries, [peerId]))[0];
            const isLive = live !== undefined && live.expireMs > joinMs;
            if (isLive && live.peerKey !== replaces) return { kind: 'held' };
            if (!isLive && (await isFull(queries, joinMs))) return { kind: 'full' };
            return begin(queries, peer, entries, listFingerprint, live);
          }),
        renew: (peerKey, renewMs, expireMs) => renewals.run({ peerKey, renewMs, expireMs }),
        async setReachable(peerKey, reachable, dialMs) {
          await database.query('UPDATE cardume.peers SET reachable = $2, dial_ms = $3 WHERE peer_key = $1', [
            peerKey,
            reachable,
            dialMs,
          ]);
        },
        change: (peerKey, removedNames, added, nowMs, listFingerprint = noFingerprint) =>
          database.transaction(async (queries) => {
            const peer = await lockPeer(queries, peerKey, nowMs);
            if (peer === undefined) return undefined;
            const room = await roomOf(queries, peer.fileCount + peer.folderCount);
            const { peerId, allowedUsers } = peer;
            const change = changerOf(allowedUsers);
            const { changes, ...outcome } = await change(queries, peer, { removedNames, added, room });
            const isWhole = outcome.takenFileCount === added.length && listFingerprint.length > 0;
            await queries.query('UPDATE cardume.peers SET list_fingerprint = $2 WHERE peer_key = $1', [
              peerKey,
              isWhole ? Buffer.from(listFingerprint) : null,
            ]);
            await writeChanges(
              queries,
              eventsOf(changes).map((event) => ({ peerId, changeMs: nowMs, event: eventFor(allowedUsers, event) })),
            );
            return outcome;
          }),

        report: (report) => addReport(database, quotas, report),
        clearReports: (nowMs, limit) => clearReports(database, nowMs, limit),

        retire: (peerKey, nowMs) =>
          database.transaction(async (queries) => {
            const peer = await lockPeer(queries, peerKey, nowMs);
            if (peer === undefined) return false;
            await queries.query('UPDATE cardume.peers SET retired = true, retire_ms = $2 WHERE peer_key = $1', [
              peerKey,
              nowMs,
            ]);
            await writeChanges(queries, [left(peer, nowMs, false)]);
            return true;
          }),
        retireExpired: (nowMs, limit) =>
          database.transaction(async (queries) => {
            const expired = await retireExpired(queries, nowMs, limit);
            await writeChanges(
              queries,
              expired.map((peer) => left(peer, nowMs, true)),
            );
            return expired;
          }),
        async nextExpiryMs() {
          const [row] = await database.query<{ next_ms: number | null }>(
            'SELECT min(expire_ms) AS next_ms FROM cardume.peers WHERE NOT retired',
          );
          return row?.next_ms ?? undefined;
        },
        clearRetired: (limit, keptAfterMs = Number.MAX_SAFE_INTEGER) =>
          clearRetired(database, limit, keptAfterMs, quotas.maxHoldings),

        changeLogEnd: () => readLogEnd(database),
        changesAfter: (position) => readChanges(database, position),
        trimChanges: (nowMs) => trimChanges(database, nowMs),
        async onChanges(notify) {
          const stop = listener.add(notify);
          return async () => void stop();
        },

        findCandidates: (query, nowMs, limit, signal) => findCandidates(searches, query, nowMs, limit, signal),
        findCandidatesOfEach: (queries, nowMs, limit, signal) =>
          findCandidatesOfEach(searches, queries, nowMs, limit, signal),
        findHolders: (fileKeys, nowMs, holderLimit, signal) =>
          findHolders(searches, fileKeys, nowMs, holderLimit, signal),
        findListsFor: (user, nowMs, limit) => findListsFor(searches, user, nowMs, limit),
        findInLists: (lists, query, limit, signal) => findInLists(searches, lists, query, limit, signal),
        findEntryHolders: (entryKeys, nowMs) => findEntryHolders(searches, entryKeys, nowMs),
        async stats(nowMs) {
          const [{ open, restricted }, { fileCount, totalSizeBytes }] = await Promise.all([
            countLive(database, nowMs),
            readTotals(database),
          ]);
          return {
            peerCount: open.peerCount,
            holdingCount: open.entryCount,
            restrictedPeerCount: restricted.peerCount,
            restrictedHoldingCount: restricted.entryCount,
            fileCount,
            totalSizeBytes,
          };
        },
        close,
      };
    }
  } catch (error) {
    await close();
    throw error;
  }
}

/** The leases of peer ids that nobody retired yet, in the order of the ids. */
async function findPeers(queries: Queries, peerIds: readonly string[]): Promise<(PeerRecord | undefined)[]> {
  const rows = await queries.query<PeerRow>(
    'SELECT * FROM cardume.peers WHERE peer_id = ANY($1::text[]) AND NOT retired',
    [[...new Set(peerIds)]],
  );
  const byId = new Map(rows.map((row) => [row.peer_id, recordOf(row)]));
  return peerIds.map((peerId) => byId.get(peerId));
}

/** How a list is changed: those that are for some users only are stored apart. */
function changerOf(allowedUsers: AllowedUsers): typeof changeList {
  return allowedUsers.length === 0 ? changeList : changeRestrictedList;
}

/**
 * The key of the last lease of a peer id whose list has that fingerprint, and which the same users may see, live or not; an empty
 * one has none.
 */
async function findKept(
  queries: Queries,
  peerId: string,
  listFingerprint: Uint8Array,
  allowedUsers: AllowedUsers,
): Promise<number | undefined> {
  if (listFingerprint.length === 0) return undefined;
  const [row] = await queries.query<{ peer_key: number }>(
    `SELECT peer_key FROM cardume.peers WHERE peer_id = $1 AND list_fingerprint IS NOT NULL AND list_fingerprint = $2
       AND allowed_users = $3 ORDER BY peer_key DESC LIMIT 1 FOR UPDATE`,
    [peerId, Buffer.from(listFingerprint), textOfUsers(allowedUsers)],
  );
  return row?.peer_key;
}

function left({ peerId, allowedUsers }: PeerRecord, changeMs: number, expired: boolean): NotedChange {
  return { peerId, changeMs, event: eventFor(allowedUsers, { kind: 'left', expired }) };
}
