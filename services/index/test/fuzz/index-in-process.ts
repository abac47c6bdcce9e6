import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import { createCallerSlots, createCallPipeline, createLogger, createSlots, serve } from '@cardume/service-kit';
import { callsInProcess } from '../../../../tests/support/fuzz/call-in-process.ts';
import { seededRandom } from '../../../../tests/support/seeded-random.ts';
import { nowMs } from '../../src/adapters/clock.ts';
import { createDialBack } from '../../src/adapters/dial-back.ts';
import { searchInCatalog } from '../../src/adapters/search-in-catalog.ts';
import { openSqliteCatalog } from '../../src/adapters/sqlite/open-sqlite-catalog.ts';
import { systemTimers } from '../../src/adapters/system-timers.ts';
import { createAddressPolicy } from '../../src/core/addresses/address-policy.ts';
import { DialBudget } from '../../src/core/addresses/dial-budget.ts';
import { createChangeFeed } from '../../src/core/changes/change-feed.ts';
import { noIndexMetrics as metrics } from '../../src/core/index-metrics.ts';
import { createLeaseKeeper } from '../../src/core/leases/lease-keeper.ts';
import { createReachability } from '../../src/core/leases/reachability.ts';
import { RenewalPace } from '../../src/core/leases/renewal-pace.ts';
import { maxWatchers, maxWatchersPerCaller } from '../../src/core/limits.ts';
import { createIndexService } from '../../src/handlers/create-index-service.ts';

/** Puts an index together as `startIndex` does, on a database in a file, and with no server before it. */
export async function openIndexInProcess(file: string, leaseTtlMs: number) {
  const logger = createLogger({ service: 'index', level: 'error' });
  const catalog = openSqliteCatalog({ file });
  const feed = await createChangeFeed(catalog, systemTimers.after);
  const keeper = createLeaseKeeper({ catalog, timers: systemTimers, nowMs, leaseTtlMs, logger, metrics });
  const policy = createAddressPolicy();
  // Who is not there is waited for, and a million cases shall not be.
  const impatient = { after: (delayMs: number, task: () => void) => systemTimers.after(Math.min(delayMs, 10), task) };
  const dialing = { dialBack: createDialBack(), policy, budget: new DialBudget(nowMs), timers: impatient };
  const reachability = createReachability({ catalog, ...dialing, nowMs, leaseTtlMs, logger, metrics });
  const slots = createSlots(maxWatchers, 'maxWatchers');
  const callerSlots = createCallerSlots(maxWatchersPerCaller, 'maxWatchersPerCaller');
  // The same each time, so that the same seed is the same calls.
  const random = seededRandom(1);
  const randomBytes = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => random() * 256));
  const pace = new RenewalPace(leaseTtlMs, nowMs());
  const leases = { catalog, keeper, reachability, policy, nowMs, randomBytes, leaseTtlMs, pace, logger, metrics };
  await keeper.start();
  const service = createIndexService({
    ...leases,
    startTime: new Date(),
    searcher: searchInCatalog(catalog),
    feed,
    watchers: { slots, callerSlots },
    revocations: undefined,
  });
  const served = serve(IndexServiceDefinition, service);
  const calls = createCallPipeline({ services: [served], logger });
  return {
    call: callsInProcess(served, IndexServiceDefinition, calls),
    /** How many calls are open, how many bytes of requests they hold, and how many of them watch. */
    open: () => ({ calls: calls.terminator.openCalls, held: calls.accounts.heldBytes, watchers: slots.taken }),
    async close(): Promise<void> {
      await reachability.stop();
      await feed.close();
      await keeper.stop();
      await catalog.close();
    },
  };
}
