import type { CatalogQuotas, ReportInit, ReportOutcome } from '../../core/catalog.ts';
import type { Database, Queries } from './database.ts';

/** How many report a peer at a time; both are SQL. */
export function reportCountAt(peerId: string, nowMs: string): string {
  return `(SELECT count(*) FROM cardume.reports r WHERE r.peer_id = ${peerId} AND r.expire_ms > ${nowMs})`;
}

type Quotas = Pick<CatalogQuotas, 'maxReports' | 'maxReportsPerCaller' | 'maxReportsPerPeer'>;

/** Adds a report, or renews it; see `Catalog.report`. Replicas that count at the same time may exceed a bound by what they add. */
export function addReport(database: Database, quotas: Quotas, report: ReportInit): Promise<ReportOutcome> {
  return database.transaction(async (queries): Promise<ReportOutcome> => {
    const { peerId, caller, digest, piece, reportMs, expireMs } = report;
    const [found] = await queries.query<{ known_ms: number | null; report_count: number }>(
      `SELECT (SELECT expire_ms FROM cardume.reports WHERE peer_id = $1 AND caller = $2) AS known_ms,
       ${reportCountAt('$1', '$3')} AS report_count`,
      [peerId, caller, reportMs],
    );
    const knownMs = found?.known_ms ?? undefined;
    const reportCount = found?.report_count ?? 0;
    const isNew = knownMs === undefined || knownMs <= reportMs;
    if (isNew && reportCount >= quotas.maxReportsPerPeer) return { kind: 'counted', reportCount, isNew: false };
    const limit = knownMs === undefined ? await fullLimit(queries, quotas, caller) : undefined;
    if (limit !== undefined) return { kind: 'full', limit };
    await queries.query(
      `INSERT INTO cardume.reports (peer_id, caller, digest, piece, report_ms, expire_ms)
       VALUES ($1, $2, decode($3, 'hex'), $4, $5, $6)
       ON CONFLICT (peer_id, caller) DO UPDATE SET
         digest = excluded.digest, piece = excluded.piece, report_ms = excluded.report_ms, expire_ms = excluded.expire_ms`,
      [peerId, caller, digest, piece ?? null, reportMs, expireMs],
    );
    return { kind: 'counted', reportCount: reportCount + (isNew ? 1 : 0), isNew };
  });
}

/** Removes some reports that count no more; returns how many. */
export async function clearReports(database: Database, nowMs: number, limit: number): Promise<number> {
  const gone = await database.query(
    `DELETE FROM cardume.reports WHERE (peer_id, caller) IN (
       SELECT peer_id, caller FROM cardume.reports WHERE expire_ms <= $1 ORDER BY expire_ms LIMIT $2
       FOR UPDATE SKIP LOCKED
     ) RETURNING 1`,
    [nowMs, limit],
  );
  return gone.length;
}

async function fullLimit(queries: Queries, quotas: Quotas, caller: string) {
  const [counts] = await queries.query<{ of_caller: number; of_all: number }>(
    `SELECT (SELECT count(*) FROM cardume.reports WHERE caller = $1) AS of_caller,
     (SELECT count(*) FROM cardume.reports) AS of_all`,
    [caller],
  );
  if ((counts?.of_caller ?? 0) >= quotas.maxReportsPerCaller) return 'maxReportsPerCaller' as const;
  return (counts?.of_all ?? 0) >= quotas.maxReports ? ('maxReports' as const) : undefined;
}
