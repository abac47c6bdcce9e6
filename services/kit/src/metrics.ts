/**
 * Metrics of a server, for Prometheus. A module of its own: only who serves metrics loads it.
 *
 * @packageDocumentation
 */
import { type Address, formatAddress } from '@cardume/client';
import { serveMetricsText } from './adapters/metrics/metrics-server.ts';
import { createPrometheusRegistry } from './adapters/metrics/prometheus-registry.ts';
import type { CallObserver } from './core/call-observer.ts';
import type { OnRefusedConnection } from './core/connections/refused-connections.ts';
import { guardListen, insecureMetricsWarning } from './core/guard-listen.ts';
import type { Logger } from './core/logger.ts';
import { countRefusedConnections } from './core/metrics/count-refused-connections.ts';
import { measureCalls } from './core/metrics/measure-calls.ts';
import { methodNames, type NamedMethods } from './core/metrics/method-names.ts';
import type { MetricsRegistry } from './core/metrics/registry.ts';

/** What serving metrics needs. */
export interface MetricsInit<Own> {
  /** Where to listen; port 0 chooses a free one. */
  listen: Address;
  /** Whether its operator accepts plaintext beyond loopback. */
  insecure: boolean;
  /** The definitions of the gRPC services whose calls are counted. */
  services: readonly NamedMethods[];
  /** Makes the service's own metrics, and what counts for them. */
  register: (registry: MetricsRegistry) => Own;
  logger: Logger;
}

/** Metrics that are served. */
export interface ServedMetrics<Own> {
  /** Where, with the port that was chosen. */
  readonly address: Address;
  /** Counts and measures calls: for `startServer`. */
  readonly calls: CallObserver;
  /** Counts connections that are refused: for `startServer`. */
  readonly onRefusedConnection: OnRefusedConnection;
  /** What `register` gave. */
  readonly own: Own;
  /** Ends it. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Serves metrics over HTTP: `GET /metrics`, in Prometheus's text format, of the calls, the service and the process.
 *
 * @throws CardumeError INVALID_FIELD when it may not or cannot listen there
 */
export async function openMetrics<Own>(init: MetricsInit<Own>): Promise<ServedMetrics<Own>> {
  const { listen, insecure, services, register, logger } = init;
  const warning = guardListen(listen, insecure, { flag: '--metrics', warning: insecureMetricsWarning });
  const registry = createPrometheusRegistry();
  const calls = measureCalls(registry, methodNames(services));
  const onRefusedConnection = countRefusedConnections(registry);
  const own = register(registry);
  const server = await serveMetricsText({
    listen,
    contentType: registry.contentType,
    text: () => registry.text(),
    logger,
  });
  const address = formatAddress(server.address);
  logger.info({ address }, 'metrics are served');
  if (warning !== undefined) logger.warn({ address }, warning);
  return { address: server.address, calls, onRefusedConnection, own, close: () => server.close() };
}
