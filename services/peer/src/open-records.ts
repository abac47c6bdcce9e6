import type { Address } from '@cardume/client';
import type { CallObserver, Logger, ServerInit } from '@cardume/service-kit';
import { noPeerMetrics, type PeerMetrics } from './core/peer-metrics.ts';
import { openAudit, openMetrics } from './open-when-wanted.ts';
import type { PeerSettings } from './peer-options.ts';
import type { PeerState } from './register-metrics.ts';

/** What a peer's operator has of it besides the log, as far as that is wanted. */
export interface OpenRecords {
  readonly metrics: PeerMetrics;
  /** Where metrics are served; undefined: nowhere. */
  readonly metricsAddress: Address | undefined;
  /** Whether there is an audit log, so that calls are to note what they sent. */
  readonly isAudited: boolean;
  /** Are told of every call. */
  readonly calls: readonly CallObserver[];
  /** Is told of every connection that is refused; undefined: only the log is. */
  readonly onRefusedConnection: ServerInit['onRefusedConnection'];
}

/**
 * Opens metrics and audit log.
 *
 * @throws CardumeError INVALID_FIELD for a place where metrics may not or cannot be served, or a file that cannot be appended to
 */
export async function openRecords(
  settings: PeerSettings,
  state: () => PeerState,
  owned: AsyncDisposableStack,
  logger: Logger,
): Promise<OpenRecords> {
  const served = owned.adopt(await openMetrics(settings, state, logger), async (opened) => opened?.close());
  const metrics = served?.own ?? noPeerMetrics;
  const audit = owned.adopt(await openAudit(settings, logger, metrics), async (opened) => opened?.close());
  return {
    metrics,
    metricsAddress: served?.address,
    isAudited: audit !== undefined,
    calls: [served?.calls, audit?.calls].filter((calls) => calls !== undefined),
    onRefusedConnection: served?.onRefusedConnection,
  };
}
