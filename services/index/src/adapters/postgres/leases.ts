import { reportLifetimeMs } from '../../core/limits.ts';
import type { Database, Queries } from './database.ts';

/** How long no replica may have said that it runs before leases are taken to have stood still. Each says so every second. */
export const longestSilenceMs = 5_000;

/** See `Catalog.resume`: while another replica runs, leases did not stand still. */
export function resume(database: Database, nowMs: number, leaseTtlMs: number): Promise<void> {
  return database.transaction(async (queries) => {
    await noteRunning(queries, nowMs, leaseTtlMs);
    await queries.query('DELETE FROM cardume.reports WHERE expire_ms > $1', [nowMs + reportLifetimeMs]);
  });
}

/** See `Catalog.heartbeat`: after a time in which no replica could reach the database, leases stood still as well. */
export function heartbeat(database: Database, nowMs: number, leaseTtlMs: number): Promise<void> {
  return database.transaction((queries) => noteRunning(queries, nowMs, leaseTtlMs));
}

async function noteRunning(queries: Queries, nowMs: number, leaseTtlMs: number): Promise<void> {
  const [state] = await queries.query<{ heartbeat_ms: number }>('SELECT heartbeat_ms FROM cardume.state FOR UPDATE');
  const silenceMs = nowMs - (state?.heartbeat_ms ?? nowMs);
  // Also when the database's clock was set: then all leases are moved with it.
  if (Math.abs(silenceMs) > longestSilenceMs) {
    await queries.query(
      `WITH live AS MATERIALIZED (
         SELECT peer_key FROM cardume.peers WHERE NOT retired AND expire_ms > $3 ORDER BY peer_key FOR NO KEY UPDATE
       )
       UPDATE cardume.peers p SET expire_ms = least(p.expire_ms + $1, $2) FROM live WHERE live.peer_key = p.peer_key`,
      [Math.max(0, silenceMs), nowMs + leaseTtlMs, nowMs - silenceMs],
    );
  }
  await queries.query('UPDATE cardume.state SET heartbeat_ms = $1', [nowMs]);
}

/**
 * Renews leases, all in one statement. Says of each whether it had not ended.
 *
 * What another transaction works on is left to a second statement, which the result of only those awaits: a long change of one
 * list holds up no other renewal.
 */
export async function renewAll(
  queries: Queries,
  renewals: readonly Renewal[],
): Promise<(boolean | Promise<boolean>)[]> {
  // Of several renewals of one lease the last one counts; each of them was in time if that one was.
  const last = new Map(renewals.map((renewal) => [renewal.peerKey, renewal]));
  const renewed = await renewSome(queries, [...last.values()], 'SKIP LOCKED');
  const rest = [...last.values()].filter(({ peerKey }) => !renewed.has(peerKey));
  const later = rest.length === 0 ? undefined : renewSome(queries, rest, '');
  return renewals.map(({ peerKey }) => {
    if (later === undefined || renewed.has(peerKey)) return renewed.has(peerKey);
    return later.then((keys) => keys.has(peerKey));
  });
}

/** Locks are taken in the order of keys, as in {@link noteRunning}: nobody waits in a circle. */
async function renewSome(
  queries: Queries,
  renewals: readonly Renewal[],
  locked: 'SKIP LOCKED' | '',
): Promise<Set<number>> {
  const renewed = await queries.query<{ peer_key: number }>(
    `WITH free AS MATERIALIZED (
       SELECT peer_key FROM cardume.peers WHERE peer_key = ANY($1::bigint[]) AND NOT retired
       ORDER BY peer_key FOR NO KEY UPDATE ${locked}
     )
     UPDATE cardume.peers p SET renew_ms = r.renew_ms, expire_ms = r.expire_ms
     FROM unnest($1::bigint[], $2::double precision[], $3::double precision[]) AS r (peer_key, renew_ms, expire_ms)
     JOIN free ON free.peer_key = r.peer_key
     WHERE p.peer_key = r.peer_key AND NOT p.retired AND p.expire_ms > r.renew_ms RETURNING p.peer_key`,
    [
      renewals.map(({ peerKey }) => peerKey),
      renewals.map(({ renewMs }) => renewMs),
      renewals.map(({ expireMs }) => expireMs),
    ],
  );
  return new Set(renewed.map((row) => row.peer_key));
}

/** A lease to be kept. */
export interface Renewal {
  peerKey: number;
  renewMs: number;
  expireMs: number;
}
