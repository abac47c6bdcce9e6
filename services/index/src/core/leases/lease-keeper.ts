import { messageOf } from '@cardume/client';
import type { Logger } from '@cardume/service-kit';
import type { Catalog, PeerRecord } from '../catalog.ts';
import type { IndexMetrics } from '../index-metrics.ts';
import { listKeptMs } from '../limits.ts';
import type { Timers } from '../timers.ts';

/** How often the index notes that it runs; after a crash, a lease may last longer by as much. */
const heartbeatMs = 1_000;
/** How many rows of retired peers go in one transaction: a few milliseconds of work. */
const clearingBatch = 100;
/** How many leases end in one transaction. */
const expiryBatch = 200;

/**
 * Ends leases on time, clears what ended peers, reports and old changes leave behind, and notes that the index runs.
 *
 * It owns the timers of the index. Expired peers are out of all answers by themselves; the keeper makes that known in
 * the log and gives their room back, without anyone asking.
 */
export interface LeaseKeeper {
  start(): Promise<void>;
  /** Tells it that a lease began or ended. */
  wake(): void;
  /** Clears at least so many rows of retired peers now, if there are as many. */
  clear(rowCount: number): Promise<void>;
  /** Calls off its timers, waits for work under way, and notes for the last time that the index ran. */
  stop(): Promise<void>;
}

/** What a keeper works with. */
export interface LeaseKeeperInit {
  catalog: Catalog;
  timers: Timers;
  nowMs: () => number;
  leaseTtlMs: number;
  logger: Logger;
  metrics: IndexMetrics;
  /** Told of each lease that was not renewed in time. */
  onExpired?: ((lease: PeerRecord) => void) | undefined;
}

/** Makes a keeper. */
export function createLeaseKeeper({
  catalog,
  timers,
  nowMs,
  leaseTtlMs,
  logger,
  metrics,
  onExpired,
}: LeaseKeeperInit): LeaseKeeper {
  let stopped = false;
  let cancelExpiry: (() => void) | undefined;
  let cancelHeartbeat: (() => void) | undefined;
  const underWay = new Set<Promise<void>>();

  /** Runs work in the background; a store that fails is logged, and tried again at the next heartbeat. */
  const run = (what: string, work: () => Promise<void>): void => {
    if (stopped) return;
    const running = work()
      .catch((error: unknown) => logger.error({ what, error: messageOf(error) }, 'housekeeping failed'))
      .finally(() => underWay.delete(running));
    underWay.add(running);
  };

  const sweep = async (): Promise<void> => {
    cancelExpiry?.();
    cancelExpiry = undefined;
    for (let full = true; full && !stopped; ) {
      const expired = await catalog.retireExpired(nowMs(), expiryBatch);
      for (const lease of expired) {
        const { peerId, host, port, fileCount } = lease;
        onExpired?.(lease);
        logger.info({ peerId, host, port, files: fileCount }, 'peer expired');
      }
      if (expired.length > 0) metrics.expired(expired.length);
      full = expired.length === expiryBatch;
    }
    const nextMs = await catalog.nextExpiryMs();
    // A renewal only puts the next end off, so a timer that is set never fires too late.
    if (nextMs !== undefined && !stopped && cancelExpiry === undefined) {
      cancelExpiry = timers.after(Math.max(1, Math.ceil(nextMs - nowMs())), expire);
    }
  };

  let clearing = false;
  const clearAll = async (): Promise<void> => {
    if (clearing) return;
    clearing = true;
    try {
      while (!stopped && (await catalog.clearRetired(clearingBatch, nowMs() - listKeptMs)) > 0) await timers.nextTurn();
    } finally {
      clearing = false;
    }
  };

  const sweepAndClear = async (): Promise<void> => {
    await sweep();
    await clearAll();
  };
  const expire = (): void => {
    cancelExpiry = undefined;
    run('expiry', sweepAndClear);
  };

  const beat = (): void => {
    cancelHeartbeat = timers.after(heartbeatMs, beat);
    run('heartbeat', async () => {
      await catalog.heartbeat(nowMs());
      if (cancelExpiry === undefined) await sweep();
      await clearAll();
      await catalog.clearReports(nowMs(), clearingBatch);
      while (!stopped && (await catalog.trimChanges(nowMs()))) await timers.nextTurn();
    });
  };

  return {
    async start() {
      await catalog.resume(nowMs(), leaseTtlMs);
      beat();
    },
    wake() {
      if (cancelExpiry === undefined) expire();
      else run('clearing', clearAll);
    },
    async clear(rowCount) {
      for (let cleared = 0; cleared < rowCount; ) {
        const count = await catalog.clearRetired(clearingBatch, nowMs() - listKeptMs);
        if (count === 0) return;
        cleared += count;
        await timers.nextTurn();
      }
    },
    async stop() {
      stopped = true;
      cancelExpiry?.();
      cancelHeartbeat?.();
      await Promise.all(underWay);
      await catalog.heartbeat(nowMs());
    },
  };
}
