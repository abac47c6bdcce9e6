import { CardumeError } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import type { Catalog } from '../catalog.ts';
import type { IndexMetrics } from '../index-metrics.ts';
import { reportLifetimeMs } from '../limits.ts';
import { maySee } from '../rights/allowed-users.ts';

/** What reporting works with. */
export interface ReportComponents {
  catalog: Pick<Catalog, 'findPeer' | 'report'>;
  /** Milliseconds since 1970, by a clock that does not jump. */
  nowMs: () => number;
  logger: Logger;
  metrics: Pick<IndexMetrics, 'holderReported'>;
}

/** A checked report. */
export interface ReportTerms {
  /** Who is reported. */
  peerId: string;
  digest: string;
  /** Undefined: it was the manifest. */
  piece: number | undefined;
  /** Who reports: a peer's id where certificates say it, otherwise the network that it comes from, as `callerPlace` says. */
  reporter: string;
  /** The reporter's user, as the certificate says; undefined: none is known. */
  user: string | undefined;
}

/**
 * Counts a report of a peer that served wrong bytes.
 *
 * A report proves nothing. All that follows from it is an order, in which a peer that one liar accuses stands behind
 * those that nobody does, and before those that several do: it is still named, and still downloaded from.
 *
 * @returns how many report it now
 * @throws CardumeError LEASE_UNKNOWN when it is no live peer that the user may see; LIMIT_REACHED
 */
export async function reportHolder(
  { catalog, nowMs, logger, metrics }: ReportComponents,
  { peerId, digest, piece, reporter: caller, user }: ReportTerms,
): Promise<number> {
  const reportMs = nowMs();
  const peer = await catalog.findPeer(peerId, reportMs);
  if (peer === undefined || !maySee(peer.allowedUsers, user)) throw notLive(peerId);
  const outcome = await catalog.report({
    peerId,
    caller,
    digest,
    piece,
    reportMs,
    expireMs: reportMs + reportLifetimeMs,
  });
  if (outcome.kind === 'full') throw full(outcome.limit);
  const { reportCount, isNew } = outcome;
  // One line for each report that counts: whoever repeats one cannot fill the log.
  if (isNew) {
    logger.warn({ peerId, digest, piece, caller, reportCount }, 'peer reported');
    metrics.holderReported();
  }
  return reportCount;
}

function notLive(peerId: string): CardumeError {
  return new CardumeError('LEASE_UNKNOWN', `peer ${peerId} is not live here, so that it cannot be reported`, {
    metadata: { peer_id: peerId },
  });
}

function full(limit: string): CardumeError {
  return new CardumeError('LIMIT_REACHED', `this index keeps no more reports (${limit}); go on without`, {
    metadata: { limit },
  });
}
