import type { Logger } from '@cardume/service-kit';
import { type OpenAudit, openAudit } from '@cardume/service-kit/audit';
import type { PeerRecord } from './core/catalog.ts';
import type { IndexMetrics } from './core/index-metrics.ts';
import { eventsOfCall } from './handlers/events-of-call.ts';

/** The audit log of an index. */
export interface IndexAudit extends OpenAudit {
  /** Writes down that a lease was not renewed in time. */
  expired(lease: PeerRecord): void;
}

/**
 * Opens the audit log of an index. Only an index whose operator asks for one loads this file.
 *
 * @throws CardumeError INVALID_FIELD when the file cannot be appended to
 */
export async function openIndexAudit(path: string, logger: Logger, metrics: IndexMetrics): Promise<IndexAudit> {
  const audit = await openAudit({
    path,
    service: 'index',
    eventsOf: eventsOfCall,
    logger,
    onLost: (count) => metrics.auditLost(count),
  });
  return {
    ...audit,
    expired: ({ peerId, host, port }) => audit.note({ event: 'lease_expired', detail: { peerId, host, port } }),
  };
}
