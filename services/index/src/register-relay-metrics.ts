import type { MetricsRegistry } from '@cardume/service-kit';

/** How much a relay does now. */
export interface RelayState {
  readonly listenerCount: number;
  readonly tunnelCount: number;
}

/**
 * Makes the metrics of a relay.
 *
 * @param state undefined: it has not started yet
 * @returns counts bytes that passed
 */
export function registerRelayMetrics(
  registry: MetricsRegistry,
  state: () => RelayState | undefined,
): (bytes: number) => void {
  const listeners = registry.gauge({
    name: 'cardume_relay_listeners',
    help: 'Peers that nobody can dial, and that listen here for those who want them.',
  });
  const tunnels = registry.gauge({
    name: 'cardume_relay_tunnels',
    help: 'Connections that are carried to such peers.',
  });
  registry.beforeEach(() => {
    const { listenerCount = 0, tunnelCount = 0 } = state() ?? {};
    listeners.set(listenerCount, {});
    tunnels.set(tunnelCount, {});
  });
  const bytes = registry.counter({
    name: 'cardume_relay_bytes_total',
    help: 'Bytes that passed between such peers and those who want them, both ways.',
  });
  return (count) => bytes.add(count, {});
}
