import type { Catalog, CatalogQuotas, JoinOutcome, ListEntry, PeerInit } from '../../core/catalog.ts';
import type { ChangeEvent } from '../../core/changes/change.ts';
import { eventFor } from '../../core/changes/event-for.ts';
import { eventsOf } from '../../core/changes/list-changes.ts';
import { reportLifetimeMs, usualQuotas } from '../../core/limits.ts';
import { areSameUsers } from '../../core/rights/allowed-users.ts';
import { Batcher } from '../batcher.ts';
import { PeerBound } from '../peer-bound.ts';
import { withStorageErrors } from '../storage-errors.ts';
import { createChangeTable } from './change-table.ts';
import { startCheckpointer } from './checkpointer.ts';
import { createSearches } from './create-searches.ts';
import { emptyDelta, type ListDelta } from './list-delta.ts';
import { createListWriter, type ListWriter } from './list-writer.ts';
import { openDatabase } from './open-database.ts';
import { createPeerTable } from './peer-table.ts';
import { createReportTable } from './report-table.ts';
import { createRestrictedWriter } from './restricted-writer.ts';
import { sqliteFailureOf } from './sqlite-failure.ts';
import { createTotalsTable } from './totals-table.ts';
import { createUserTable } from './user-table.ts';
import { writeInTurns } from './write-in-turns.ts';

const noFingerprint = new Uint8Array();
/** How many renewals go in one transaction: a few milliseconds of work. */
const maxRenewalBatch = 200;
/** How long after one such transaction the next one begins: of thousands a second, each has some fifty. */
const renewalIntervalMs = 10;

interface Renewal {
  peerKey: number;
  nowMs: number;
  expireMs: number;
}

/** Writes into the log of changes. */
type Note = (peerId: string, changeMs: number, event: ChangeEvent) => void;

/** Which database to open, and its bounds. */
export interface SqliteCatalogInit {
  /** A path, or `:memory:`. */
  file: string;
  /** Default: those of `limits.ts`. */
  quotas?: CatalogQuotas;
  /** Told when what is written could not be put into the database beside the calls; see `startCheckpointer`. */
  onCheckpointFailure?: (error: unknown) => void;
}

/**
 * Opens the catalog in an SQLite database. Names are found by B-trees and a trigram index.
 *
 * SQLite answers at once and in this thread; what could take long goes in steps.
 *
 * @throws CardumeError INVALID_FIELD when the file cannot be used as an index's database
 */
export function openSqliteCatalog({
  file,
  quotas = usualQuotas,
  onCheckpointFailure = () => {},
}: SqliteCatalogInit): Catalog {
  const database = openDatabase(file);
  const checkpointer = file === ':memory:' ? undefined : startCheckpointer(database, file, onCheckpointFailure);
  const peers = createPeerTable(database);
  const openLists = createListWriter(database);
  const restricted = createRestrictedWriter(database);
  const totals = createTotalsTable(database);
  const reports = createReportTable(database, quotas);
  const changes = createChangeTable(database);
  const readHeartbeat = database.query<{ heartbeat_ms: number }>('SELECT heartbeat_ms FROM state');
  const writeHeartbeat = database.command('UPDATE state SET heartbeat_ms = ?');
  const extendLeases = database.command(
    'UPDATE peers SET expire_ms = min(expire_ms + ?, ?) WHERE expire_ms > 0 AND expire_ms > ?',
  );

  const listsOf = ({ allowedUsers = [] }: Pick<PeerInit, 'allowedUsers'>): ListWriter =>
    allowedUsers.length === 0 ? openLists : restricted;
  /** Puts entries into a list as far as there is room; returns how many are listed. */
  const putAll = (
    lists: ListWriter,
    peerKey: number,
    listed: number,
    entries: readonly ListEntry[],
    delta: ListDelta,
  ): Promise<number> => {
    const room = Math.min(quotas.maxFilesPerPeer - listed, quotas.maxHoldings - totals.entryCount());
    return writeInTurns(database, entries, (entry) => lists.put(peerKey, entry, delta.entryCount < room, delta));
  };
  const save = (peerKey: number, delta: ListDelta): void => {
    peers.apply(peerKey, delta);
    totals.apply(delta);
  };
  const bound = new PeerBound(quotas.maxPeers);
  const isFull = (nowMs: number): boolean => {
    if (bound.needsCount(nowMs)) bound.counted(peers.count(nowMs), nowMs);
    return bound.isFull;
  };
  const listeners = new Set<() => void>();
  /** Runs work as one transaction, and tells those who listen of the changes that it notes. */
  const changing = async <Result>(work: (note: Note) => Result | Promise<Result>): Promise<Result> => {
    let noted = false;
    const result = await database.transaction(() =>
      work((peerId, changeMs, event) => {
        noted = true;
        changes.add(peerId, changeMs, event);
      }),
    );
    if (noted) for (const listener of listeners) listener();
    return result;
  };

  const begin = async (
    peer: PeerInit,
    entries: readonly ListEntry[],
    listFingerprint: Uint8Array,
    note: Note,
  ): Promise<JoinOutcome> => {
    const { peerId, joinMs, host, port, shareName, allowedUsers = [] } = peer;
    const keptKey = peers.findKept(peerId, listFingerprint, allowedUsers);
    const listKept = keptKey !== undefined;
    // Also one whose lease is over, but of which nobody was told so.
    const before = peers.find(peerId, 0)?.allowedUsers ?? allowedUsers;
    // Only when all else is done: who begins to watch between turns must not learn of what may not come to be.
    const noteJoin = (): void => {
      if (!areSameUsers(before, allowedUsers)) {
        note(peerId, joinMs, eventFor(before, { kind: 'left', expired: false }));
      }
      note(peerId, joinMs, eventFor(allowedUsers, { kind: 'joined', host, port, shareName, listKept }));
    };
    peers.retireId(peerId, joinMs);
    if (listKept) {
      const entryCount = peers.revive(keptKey, peer);
      noteJoin();
      return { kind: 'joined', peerKey: keptKey, takenFileCount: 0, listKept, entryCount };
    }
    const peerKey = peers.add(peer);
    const delta = emptyDelta();
    const takenFileCount = await putAll(listsOf(peer), peerKey, 0, entries, delta);
    save(peerKey, delta);
    noteJoin();
    for (const event of eventsOf(delta.changes)) note(peerId, joinMs, eventFor(allowedUsers, event));
    return { kind: 'joined', peerKey, takenFileCount, listKept, entryCount: delta.entryCount };
  };

  // To commit takes longer than to renew.
  const renewals = new Batcher<Renewal, boolean>(
    (batch) =>
      database.transaction(() => batch.map(({ peerKey, nowMs, expireMs }) => peers.renew(peerKey, nowMs, expireMs))),
    maxRenewalBatch,
    renewalIntervalMs,
  );

  const catalog: Catalog = {
    resume: (nowMs, leaseTtlMs) =>
      database.transaction(() => {
        const lastMs = readHeartbeat.get()?.heartbeat_ms ?? 0;
        extendLeases.run(Math.max(0, nowMs - lastMs), nowMs + leaseTtlMs, lastMs);
        reports.removeAfter(nowMs + reportLifetimeMs);
        writeHeartbeat.run(nowMs);
      }),
    heartbeat: (nowMs) => database.transaction(() => void writeHeartbeat.run(nowMs)),

    ...createUserTable(database),

    findPeer: async (peerId, nowMs) => peers.find(peerId, nowMs),
    listPeers: async (afterPeerId, limit, nowMs, user = '') => peers.list(afterPeerId, limit, nowMs, user),
    join: (peer, entries, replaces, listFingerprint = noFingerprint) =>
      changing((note): JoinOutcome | Promise<JoinOutcome> => {
        const { peerId, joinMs } = peer;
        const live = peers.find(peerId, joinMs);
        if (live !== undefined && live.peerKey !== replaces) return { kind: 'held' };
        if (live === undefined && isFull(joinMs)) return { kind: 'full' };
        return begin(peer, entries, listFingerprint, note);
      }),
    renew: (peerKey, nowMs, expireMs) => renewals.run({ peerKey, nowMs, expireMs }),
    setReachable: (peerKey, reachable, dialMs) =>
      database.transaction(() => peers.setReachable(peerKey, reachable, dialMs)),
    change: (peerKey, removedNames, added, nowMs, listFingerprint = noFingerprint) =>
      changing(async (note) => {
        const peer = peers.get(peerKey, nowMs);
        if (peer === undefined) return undefined;
        const delta = emptyDelta();
        const lists = listsOf(peer);
        const removedFileCount = await writeInTurns(database, removedNames, (name) =>
          lists.remove(peerKey, name, delta),
        );
        const listed = peer.fileCount + peer.folderCount;
        const takenFileCount = await putAll(lists, peerKey, listed, added, delta);
        save(peerKey, delta);
        peers.setFingerprint(peerKey, takenFileCount === added.length ? listFingerprint : noFingerprint);
        for (const event of eventsOf(delta.changes)) note(peer.peerId, nowMs, eventFor(peer.allowedUsers, event));
        return { takenFileCount, removedFileCount, entryCount: listed + delta.entryCount };
      }),

    report: (report) => database.transaction(() => reports.add(report)),
    clearReports: (nowMs, limit) => database.transaction(() => reports.clear(nowMs, limit)),

    retire: (peerKey, nowMs) =>
      changing((note) => {
        const peer = peers.get(peerKey, nowMs);
        if (peer === undefined) return false;
        peers.retire(peerKey, nowMs);
        note(peer.peerId, nowMs, eventFor(peer.allowedUsers, { kind: 'left', expired: false }));
        return true;
      }),
    retireExpired: (nowMs, limit) =>
      changing((note) => {
        const expired = peers.expired(nowMs, limit);
        for (const { peerKey, peerId, allowedUsers } of expired) {
          peers.retire(peerKey, nowMs);
          note(peerId, nowMs, eventFor(allowedUsers, { kind: 'left', expired: true }));
        }
        return expired;
      }),
    nextExpiryMs: async () => peers.nextExpiryMs(),
    clearRetired: (limit, keptAfterMs = Number.MAX_SAFE_INTEGER) =>
      database.transaction(() => {
        let cleared = 0;
        // Lists of nobody make room before anybody is refused.
        const isFull = totals.entryCount() > quotas.maxHoldings / 2;
        const afterMs = isFull ? Number.MAX_SAFE_INTEGER : keptAfterMs;
        for (let peerKey = peers.findRetired(afterMs); peerKey !== undefined && cleared < limit; ) {
          // What is left of it is not that list any more.
          peers.setFingerprint(peerKey, noFingerprint);
          // A list is in one of the two.
          for (const lists of [openLists, restricted]) {
            const delta = lists.removeSome(peerKey, limit - cleared);
            totals.apply(delta);
            cleared -= delta.entryCount;
          }
          if (cleared >= limit) break;
          peers.drop(peerKey);
          cleared += 1;
          peerKey = peers.findRetired(afterMs);
        }
        return cleared;
      }),

    changeLogEnd: async () => changes.end(),
    changesAfter: async (position) => changes.after(position),
    trimChanges: (nowMs) => database.transaction(() => changes.trim(nowMs)),
    async onChanges(listener) {
      listeners.add(listener);
      return async () => void listeners.delete(listener);
    },

    ...createSearches(database),
    async stats(nowMs) {
      const { open, restricted: some } = peers.countLive(nowMs);
      return {
        peerCount: open.peerCount,
        holdingCount: open.entryCount,
        restrictedPeerCount: some.peerCount,
        restrictedHoldingCount: some.entryCount,
        ...totals.files(),
      };
    },
    async close() {
      await checkpointer?.stop();
      await database.outside(() => database.close());
    },
  };
  return withStorageErrors(catalog, sqliteFailureOf);
}
