import { Counter, collectDefaultMetrics, Gauge, Histogram, prometheusContentType, Registry } from 'prom-client';
import type { MetricsRegistry } from '../../core/metrics/registry.ts';

/** A registry, and what Prometheus reads of it. */
export interface PrometheusRegistry extends MetricsRegistry {
  readonly contentType: string;
  /** All metrics and the process's own, as text. Rejects when one of them cannot be read. */
  text(): Promise<string>;
}

/**
 * The process's own: memory, processor time, the event loop's lag, garbage collections. They are of the process, and what
 * prom-client observes them with has no end (prometheus/client_js#500), so that all registries share one set.
 */
let processRegistry: Registry | undefined;

/** Gauges that are called as counters are; each is the sum of one that is kept. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Makes an empty registry. */
export function createPrometheusRegistry(): PrometheusRegistry {
  const registry = new Registry();
  const reads: (() => void | Promise<void>)[] = [];
  const common = { registers: [registry] };
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
    for (const name of misnamed) processRegistry.removeSingleMetric(name);
  }
  const ofProcess = processRegistry;

  return {
    contentType: prometheusContentType,
    counter({ name, help, labels = [] }) {
      const counter = new Counter({ name, help, labelNames: labels, ...common });
      return { add: (count, values) => counter.inc(values, count) };
    },
    gauge({ name, help, labels = [] }) {
      const gauge = new Gauge({ name, help, labelNames: labels, ...common });
      return { set: (value, values) => gauge.set(values, value) };
    },
    histogram({ name, help, labels = [], bounds }) {
      const histogram = new Histogram({ name, help, labelNames: labels, buckets: [...bounds], ...common });
      return { observe: (value, values) => histogram.observe(values, value) };
    },
    beforeEach(read) {
      reads.push(read);
    },
    async text() {
      for (const read of reads) await read();
      const text = `${await registry.metrics()}\n${await ofProcess.metrics()}`;
      // prom-client writes it otherwise than the format, which some readers refuse: the mean lag of no time at all.
      return text.replaceAll(/ Nan$/gm, ' NaN');
    },
  };
}
