import type { Address } from '@cardume/client';
import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import { RelayServiceDefinition } from '@cardume/proto/relay/v1';
import { EnrollmentServiceDefinition, UserServiceDefinition } from '@cardume/proto/trust/v1';
import type { Logger } from '@cardume/service-kit';
import { openMetrics, type ServedMetrics } from '@cardume/service-kit/metrics';
import type { IndexMetrics } from './core/index-metrics.ts';
import { type IndexMetricsInit, registerIndexMetrics } from './register-metrics.ts';

/** Where the metrics of an index are served, and what they are of. */
export interface ServeIndexMetricsInit extends IndexMetricsInit {
  listen: Address;
  insecure: boolean;
  logger: Logger;
}

/**
 * Serves the metrics of an index. Only an index whose operator asks for them loads this file, and with it prom-client.
 *
 * @throws CardumeError INVALID_FIELD when it may not or cannot listen there
 */
export function serveIndexMetrics(init: ServeIndexMetricsInit): Promise<ServedMetrics<IndexMetrics>> {
  return openMetrics({
    ...init,
    services: [IndexServiceDefinition, RelayServiceDefinition, EnrollmentServiceDefinition, UserServiceDefinition],
    register: (registry) => registerIndexMetrics(registry, init),
  });
}
