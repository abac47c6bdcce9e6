import type { Logger } from '@cardume/service-kit';
import { type OpenAudit, openAudit } from '@cardume/service-kit/audit';
import type { PeerMetrics } from './core/peer-metrics.ts';
import { type AllowedUsers, isAllowed } from './core/share-rights.ts';
import { createEventsOfCall } from './handlers/events-of-call.ts';

/**
 * Opens the audit log of a peer. Only a peer whose operator asks for one loads this file.
 *
 * @throws CardumeError INVALID_FIELD when the file cannot be appended to
 */
export function openPeerAudit(
  path: string,
  allowedUsers: AllowedUsers,
  logger: Logger,
  metrics: PeerMetrics,
): Promise<OpenAudit> {
  return openAudit({
    path,
    service: 'peer',
    eventsOf: createEventsOfCall((user) => isAllowed(allowedUsers, user)),
    logger,
    onLost: (count) => metrics.auditLost(count),
  });
}
