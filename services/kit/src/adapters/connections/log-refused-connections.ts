import type { ConnectionBounds } from '../../core/connections/connection-bounds.ts';
import type { ConnectionRefusal } from '../../core/connections/refused-connections.ts';
import type { Logger } from '../../core/logger.ts';

/** How often the log says that connections were refused, in milliseconds. */
const intervalMs = 60_000;

/** Tells the log how many connections were refused, and why: now and then, whatever comes. */
export function logRefusedConnections(logger: Logger, bounds: ConnectionBounds) {
  let counts: Partial<Record<ConnectionRefusal, number>> | undefined;
  const telling = setInterval(() => {
    if (counts !== undefined) logger.warn({ refused: counts, ...bounds }, 'connections were refused');
    counts = undefined;
  }, intervalMs).unref();
  return {
    add(refusal: ConnectionRefusal): void {
      counts ??= {};
      counts[refusal] = (counts[refusal] ?? 0) + 1;
    },
    close: (): void => clearInterval(telling),
  };
}
