import type { CatalogQuotas, ReportInit, ReportOutcome } from '../../core/catalog.ts';
import type { Database } from './database.ts';

/** How many report a peer at a time; both are SQL. */
export function reportCountAt(peerId: string, nowMs: string): string {
  return `(SELECT count(*) FROM reports r WHERE r.peer_id = ${peerId} AND r.expire_ms > ${nowMs})`;
}

/** The reports of wrong bytes. */
export interface ReportTable {
  /** Adds a report, or renews it; its caller holds the transaction. */
  add(report: ReportInit): ReportOutcome;
  /** Removes some of those that count no more. */
  clear(nowMs: number, limit: number): number;
  /** Removes those that would count after a time. */
  removeAfter(expireMs: number): void;
}

type Quotas = Pick<CatalogQuotas, 'maxReports' | 'maxReportsPerCaller' | 'maxReportsPerPeer'>;

/** Makes the table's access. */
export function createReportTable(database: Database, quotas: Quotas): ReportTable {
  const count = database.query<{ count: number }>(`SELECT ${reportCountAt('?', '?')} AS count`);
  const find = database.query<{ expire_ms: number }>('SELECT expire_ms FROM reports WHERE peer_id = ? AND caller = ?');
  const ofCaller = database.query<{ count: number }>('SELECT count(*) AS count FROM reports WHERE caller = ?');
  const ofAll = database.query<{ count: number }>('SELECT count(*) AS count FROM reports');
  const put = database.command(
    `INSERT OR REPLACE INTO reports (peer_id, caller, digest, piece, report_ms, expire_ms) VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const clear = database.command(
    `DELETE FROM reports WHERE (peer_id, caller) IN
       (SELECT peer_id, caller FROM reports WHERE expire_ms <= ? ORDER BY expire_ms LIMIT ?)`,
  );
  const removeAfter = database.command('DELETE FROM reports WHERE expire_ms > ?');

  const fullLimit = (caller: string): 'maxReports' | 'maxReportsPerCaller' | undefined => {
    // The caller's own bound comes first: it is the one that costs little to look at.
    if ((ofCaller.get(caller)?.count ?? 0) >= quotas.maxReportsPerCaller) return 'maxReportsPerCaller';
    return (ofAll.get()?.count ?? 0) >= quotas.maxReports ? 'maxReports' : undefined;
  };

  return {
    add({ peerId, caller, digest, piece, reportMs, expireMs }) {
      const known = find.get(peerId, caller);
      const reportCount = count.get(peerId, reportMs)?.count ?? 0;
      const isNew = known === undefined || known.expire_ms <= reportMs;
      if (isNew && reportCount >= quotas.maxReportsPerPeer) return { kind: 'counted', reportCount, isNew: false };
      const limit = known === undefined ? fullLimit(caller) : undefined;
      if (limit !== undefined) return { kind: 'full', limit };
      put.run(peerId, caller, Buffer.from(digest, 'hex'), piece ?? null, reportMs, expireMs);
      return { kind: 'counted', reportCount: reportCount + (isNew ? 1 : 0), isNew };
    },
    clear: (nowMs, limit) => clear.run(nowMs, limit),
    removeAfter(expireMs) {
      removeAfter.run(expireMs);
    },
  };
}
