import type { Address } from '@cardume/client';
import { RelayServiceDefinition } from '@cardume/proto/relay/v1';
import type { Logger } from '@cardume/service-kit';
import { openMetrics, type ServedMetrics } from '@cardume/service-kit/metrics';
import { type RelayState, registerRelayMetrics } from './register-relay-metrics.ts';

/** Where the metrics of a relay that stands alone are served, and what they are of. */
export interface ServeRelayMetricsInit {
  listen: Address;
  insecure: boolean;
  /** Undefined as long as it has not started. */
  state: () => RelayState | undefined;
  logger: Logger;
}

/** Serves the metrics of a relay. @throws CardumeError INVALID_FIELD when it may not or cannot listen there */
export function serveRelayMetrics(init: ServeRelayMetricsInit): Promise<ServedMetrics<(bytes: number) => void>> {
  return openMetrics({
    ...init,
    services: [RelayServiceDefinition],
    register: (registry) => registerRelayMetrics(registry, init.state),
  });
}
