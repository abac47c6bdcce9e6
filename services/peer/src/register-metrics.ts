import type { MetricsRegistry } from '@cardume/service-kit';
import type { PeerMetrics, RenewalOutcome } from './core/peer-metrics.ts';

/** What a peer has now; it is asked for whenever somebody reads the metrics. */
export interface PeerState {
  readonly fileCount: number;
  readonly totalSizeBytes: number;
  readonly isJoined: boolean;
  /** Of each kind, how many slots are taken, and how many there are. */
  readonly slots: Readonly<Record<SlotKind, { taken: number; count: number }>>;
  /** How many transfers wait for an upload slot. */
  readonly waiting: number;
}

/**
 * What slots are for: `download` is of streams of files, `manifest` of piece hashes, `watch` of callers who watch pieces,
 * `upload` of transfers, where these take turns.
 */
export type SlotKind = 'download' | 'manifest' | 'watch' | 'upload';

const renewalOutcomes: readonly RenewalOutcome[] = ['renewed', 'forgotten', 'failed'];
const slotKinds: readonly SlotKind[] = ['download', 'manifest', 'watch', 'upload'];

/** Makes the metrics of a peer. */
export function registerPeerMetrics(registry: MetricsRegistry, state: () => PeerState): PeerMetrics {
  const files = registry.gauge({
    name: 'cardume_peer_shared_files',
    help: 'Files that the peer shares, those included that it has in part.',
  });
  const bytes = registry.gauge({
    name: 'cardume_peer_shared_bytes',
    help: 'Sizes of the files that the peer shares together, in bytes.',
  });
  const joined = registry.gauge({
    name: 'cardume_peer_joined',
    help: '1 while the peer takes itself to be on the list of its index, otherwise 0.',
  });
  const slotsInUse = registry.gauge({
    name: 'cardume_peer_slots_in_use',
    help: 'Slots that are taken: streams, or transfers, that the peer serves at once.',
    labels: ['kind'],
  });
  const slots = registry.gauge({ name: 'cardume_peer_slots', help: 'Slots that there are.', labels: ['kind'] });
  const waiting = registry.gauge({
    name: 'cardume_peer_transfers_waiting',
    help: 'Transfers that wait for an upload slot.',
  });
  registry.beforeEach(() => {
    const now = state();
    files.set(now.fileCount, {});
    bytes.set(now.totalSizeBytes, {});
    joined.set(now.isJoined ? 1 : 0, {});
    waiting.set(now.waiting, {});
    for (const kind of slotKinds) {
      slotsInUse.set(now.slots[kind].taken, { kind });
      slots.set(now.slots[kind].count, { kind });
    }
  });

  const served = registry.counter({
    name: 'cardume_peer_bytes_served_total',
    help: 'Bytes of files that left, without what gRPC and TLS put around them.',
  });
  const failures = registry.counter({
    name: 'cardume_peer_verification_failures_total',
    help: 'Files that were asked for and were not the ones that had been hashed.',
  });
  const auditLosses = registry.counter({
    name: 'cardume_audit_events_lost_total',
    help: 'Events that are not in the audit log, since it could not be written or somebody was refused too often.',
  });
  const renewals = registry.counter({
    name: 'cardume_peer_renewals_total',
    help: 'Renewals of the lease at the index, by what came of them.',
    labels: ['outcome'],
  });
  for (const outcome of renewalOutcomes) renewals.add(0, { outcome });

  return {
    served: (servedBytes) => served.add(servedBytes, {}),
    fileChanged: () => failures.add(1, {}),
    auditLost: (count) => auditLosses.add(count, {}),
    renewed: (outcome) => renewals.add(1, { outcome }),
  };
}
