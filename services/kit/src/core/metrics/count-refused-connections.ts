import { connectionRefusals, type OnRefusedConnection } from '../connections/refused-connections.ts';
import type { MetricsRegistry } from './registry.ts';

/** Counts the connections of a server that are refused. */
export function countRefusedConnections(registry: MetricsRegistry): OnRefusedConnection {
  const refused = registry.counter({
    name: 'cardume_connections_refused_total',
    help: 'Connections that were closed as soon as they were made, by the bound that they met.',
    labels: ['reason'],
  });
  for (const reason of connectionRefusals) refused.add(0, { reason });
  return (reason) => refused.add(1, { reason });
}
