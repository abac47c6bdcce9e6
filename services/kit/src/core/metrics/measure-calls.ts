import type { CallObserver } from '../call-observer.ts';
import type { MetricsRegistry } from './registry.ts';

/** A gRPC method by its parts. */
export interface MethodName {
  /** `cardume.index.v1.IndexService` */
  service: string;
  /** `Join` */
  method: string;
}

/** From half a millisecond, which is a renewal, to a minute, which is a file of some gigabytes. */
const boundsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * Counts and measures the calls of methods that are known beforehand, and no others, so that nobody can make series by
 * calling what is not there.
 *
 * @param methods by their paths, as `/cardume.index.v1.IndexService/Join`
 */
export function measureCalls(registry: MetricsRegistry, methods: ReadonlyMap<string, MethodName>): CallObserver {
  const requests = registry.counter({
    name: 'cardume_requests_total',
    help: 'RPCs that ended, by the status that they ended with.',
    labels: ['service', 'method', 'code'],
  });
  const seconds = registry.histogram({
    name: 'cardume_request_seconds',
    help: 'How long RPCs took, streams to their end, in seconds.',
    labels: ['service', 'method'],
    bounds: boundsSeconds,
  });
  const inFlight = registry.gauge({ name: 'cardume_requests_in_flight', help: 'RPCs that are under way.' });
  let open = 0;
  registry.beforeEach(() => inFlight.set(open, {}));
  for (const { service, method } of methods.values()) requests.add(0, { service, method, code: 'OK' });

  return {
    began(path) {
      if (methods.has(path)) open += 1;
    },
    ended({ path, status, durationMs }) {
      const name = methods.get(path);
      if (name === undefined) return;
      open -= 1;
      const { service, method } = name;
      requests.add(1, { service, method, code: status });
      seconds.observe(durationMs / 1000, { service, method });
    },
  };
}
