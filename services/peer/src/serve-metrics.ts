import type { Address } from '@cardume/client';
import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import type { Logger } from '@cardume/service-kit';
import { openMetrics, type ServedMetrics } from '@cardume/service-kit/metrics';
import type { PeerMetrics } from './core/peer-metrics.ts';
import { type PeerState, registerPeerMetrics } from './register-metrics.ts';

/** Where the metrics of a peer are served, and what they are of. */
export interface ServePeerMetricsInit {
  listen: Address;
  insecure: boolean;
  state: () => PeerState;
  logger: Logger;
}

/**
 * Serves the metrics of a peer. Only a peer whose owner asks for them loads this file, and with it prom-client.
 *
 * @throws CardumeError INVALID_FIELD when it may not or cannot listen there
 */
export function servePeerMetrics(init: ServePeerMetricsInit): Promise<ServedMetrics<PeerMetrics>> {
  return openMetrics({
    ...init,
    services: [TransferServiceDefinition],
    register: (registry) => registerPeerMetrics(registry, init.state),
  });
}
