import type { MetricsRegistry } from '@cardume/service-kit';
import type { Catalog } from './core/catalog.ts';
import type { DialBackOutcome, IndexMetrics } from './core/index-metrics.ts';
import { type RelayState, registerRelayMetrics } from './register-relay-metrics.ts';

/** Where the totals come from. */
export interface IndexMetricsInit {
  catalog: Pick<Catalog, 'stats'>;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  /** Undefined as long as it has not started. */
  relay: () => RelayState | undefined;
}

const dialBackOutcomes: readonly DialBackOutcome[] = ['reached', 'another_peer', 'failed', 'skipped', 'not_allowed'];

/** Makes the metrics of an index. Its totals are read from the catalog each time that somebody asks. */
export function registerIndexMetrics(
  registry: MetricsRegistry,
  { catalog, nowMs, relay }: IndexMetricsInit,
): IndexMetrics {
  const peers = registry.gauge({ name: 'cardume_index_live_peers', help: 'Peers that hold a lease.' });
  const files = registry.gauge({
    name: 'cardume_index_files',
    help: 'Different pairs of name and content that are listed for everybody.',
  });
  const holdings = registry.gauge({
    name: 'cardume_index_holdings',
    help: 'Entries of the lists of all live peers together.',
  });
  const bytes = registry.gauge({
    name: 'cardume_index_file_bytes',
    help: 'Sizes of the different files together, each counted once, in bytes.',
  });
  registry.beforeEach(async () => {
    const stats = await catalog.stats(nowMs());
    peers.set(stats.peerCount + stats.restrictedPeerCount, {});
    files.set(stats.fileCount, {});
    holdings.set(stats.holdingCount + stats.restrictedHoldingCount, {});
    bytes.set(stats.totalSizeBytes, {});
  });

  const joins = registry.counter({
    name: 'cardume_index_joins_total',
    help: "Leases that began, those in the place of the same peer's old one included.",
  });
  const expiries = registry.counter({
    name: 'cardume_index_lease_expiries_total',
    help: 'Leases that ended without a renewal.',
  });
  const leaves = registry.counter({ name: 'cardume_index_leaves_total', help: 'Leases that their peers ended.' });
  const reports = registry.counter({
    name: 'cardume_index_holder_reports_total',
    help: 'Reports of peers that served wrong bytes; what a caller says again is not counted again.',
  });
  const auditLosses = registry.counter({
    name: 'cardume_audit_events_lost_total',
    help: 'Events that are not in the audit log, since it could not be written or somebody was refused too often.',
  });
  const dialBacks = registry.counter({
    name: 'cardume_index_dial_backs_total',
    help: 'Peers that were dialled back, by what came of it.',
    labels: ['outcome'],
  });
  for (const outcome of dialBackOutcomes) dialBacks.add(0, { outcome });

  const relayed = registerRelayMetrics(registry, relay);

  return {
    joined: () => joins.add(1, {}),
    left: () => leaves.add(1, {}),
    expired: (leaseCount) => expiries.add(leaseCount, {}),
    holderReported: () => reports.add(1, {}),
    auditLost: (count) => auditLosses.add(count, {}),
    dialledBack: (outcome) => dialBacks.add(1, { outcome }),
    relayed,
  };
}
