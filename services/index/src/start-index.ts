import { randomBytes } from 'node:crypto';
import { type Address, type Addresses, messageOf } from '@cardume/client';
import { IndexServiceDefinition } from '@cardume/proto/index/v1';
import {
  createCallerSlots,
  createLogger,
  createSlots,
  type Logger,
  type RunningServer,
  serve,
  startServer,
} from '@cardume/service-kit';
import { createRelay, type Relay, type RelayOptions } from '@cardume/service-kit/relay';
import { createDialBack } from './adapters/dial-back.ts';
import { systemTimers } from './adapters/system-timers.ts';
import type { KeptInvites } from './adapters/trust/kept-invites.ts';
import { createAddressPolicy } from './core/addresses/address-policy.ts';
import { DialBudget } from './core/addresses/dial-budget.ts';
import { createChangeFeed } from './core/changes/change-feed.ts';
import { type IndexMetrics, noIndexMetrics } from './core/index-metrics.ts';
import { createLeaseKeeper } from './core/leases/lease-keeper.ts';
import { createReachability } from './core/leases/reachability.ts';
import { RenewalPace } from './core/leases/renewal-pace.ts';
import { maxWatchers, maxWatchersPerCaller } from './core/limits.ts';
import { createIndexService } from './handlers/create-index-service.ts';
import { type IndexOptions, type IndexSettings, withDefaults } from './index-options.ts';
import { openCatalog } from './open-catalog.ts';
import type { IndexTrust, TrustInit } from './open-trust.ts';
import { runAll } from './run-all.ts';
import type { ServeIndexMetricsInit } from './serve-metrics.ts';

/** An index that listens. */
export interface RunningIndex {
  /** Where it listens, with the port that was chosen. */
  readonly address: Address;
  /** Where it serves metrics; undefined when it was not asked to. */
  readonly metricsAddress: Address | undefined;
  /** The id of its network; undefined without an authority. */
  readonly networkId: string | undefined;
  /**
   * The invites of its network, which are kept beside the authority; undefined without one.
   *
   * @param addresses where others reach the index
   */
  invites(addresses: Addresses): Promise<KeptInvites | undefined>;
  /**
   * Stops it: no new calls, `drainMs` (default 2 s) for open ones to end by themselves, then UNAVAILABLE for the rest.
   * Leases stand still until an index runs on the same database again. Safe to call twice. Everything is closed also
   * when it rejects, with STORAGE_FAILED on a full disk.
   */
  stop(drainMs?: number): Promise<void>;
}

/**
 * Starts an index server.
 *
 * @throws CardumeError INVALID_FIELD when it may not or cannot listen somewhere, or cannot use the database
 */
export async function startIndex(options: IndexOptions = {}): Promise<RunningIndex> {
  const settings = withDefaults(options);
  const { listen, insecure, database, leaseTtlMs, metrics: metricsListen } = settings;
  const policy = createAddressPolicy(settings.peerNetworks);
  const { logLevel: level, logFormat: format } = options;
  const logger = createLogger({
    service: 'index',
    ...(level === undefined ? {} : { level }),
    ...(format === undefined ? {} : { format }),
  });
  const { catalog, searcher, nowMs, close } = await openCatalog(database, logger);
  // What is to be closed by a stop, or a start that fails: the last one opened first.
  const opened: (() => Promise<unknown>)[] = [close];
  const openedOr = async <Result>(opening: Promise<Result>): Promise<Result> => {
    try {
      return await opening;
    } catch (error) {
      await closeAll(opened, logger);
      throw error;
    }
  };
  const feed = await openedOr(createChangeFeed(catalog, systemTimers.after));
  opened.unshift(() => feed.close());
  // Metrics may be read before there is one.
  let relay: Relay | undefined;
  const served = await openedOr(openMetrics(metricsListen, { insecure, catalog, nowMs, logger, relay: () => relay }));
  opened.unshift(async () => served?.close());
  const metrics = served?.own ?? noIndexMetrics;
  const audit = await openedOr(openAuditIfAsked(settings, logger, metrics));
  opened.unshift(async () => audit?.close());
  const trust = await openedOr(openTrustIfAsked(settings, { catalog, leaseClockMs: nowMs, logger }));
  opened.unshift(async () => trust?.close());
  const keeper = createLeaseKeeper({
    catalog,
    timers: systemTimers,
    nowMs,
    leaseTtlMs,
    logger,
    metrics,
    onExpired: audit?.expired,
  });
  const reachability = createReachability({
    catalog,
    dialBack: createDialBack(trust?.identity.tlsOfPeer),
    policy,
    budget: new DialBudget(() => performance.now()),
    timers: systemTimers,
    nowMs,
    leaseTtlMs,
    logger,
    metrics,
  });
  const startTime = new Date(nowMs());
  const watchers = {
    slots: createSlots(maxWatchers, 'maxWatchers'),
    callerSlots: createCallerSlots(maxWatchersPerCaller, 'maxWatchersPerCaller'),
  };
  const pace = new RenewalPace(leaseTtlMs, nowMs());
  const leases = { catalog, keeper, reachability, policy, nowMs, randomBytes, leaseTtlMs, pace, logger, metrics };
  const components = { ...leases, searcher, startTime, feed, watchers, revocations: trust?.revocations };

  opened.unshift(() => keeper.stop());
  let server: RunningServer;
  try {
    await keeper.start();
    const index = serve(IndexServiceDefinition, createIndexService(components));
    relay = createRelay(relayOptionsOf(settings, metrics), {
      addresses: settings.relays,
      revoked: () => trust?.revocations.current ?? { users: [], peerIds: [] },
      async reachedAt(peerId) {
        const peer = await catalog.findPeer(peerId, nowMs());
        return peer?.reachable === true ? { host: peer.host, port: peer.port } : undefined;
      },
    });
    const services = [index, relay.service, ...(trust?.services ?? [])];
    server = await startServer({
      listen,
      insecure,
      maxConnections: settings.maxConnections,
      connectionsPerSecond: settings.connectionsPerSecond,
      callsPerSecond: settings.callsPerSecond,
      services,
      logger,
      onRefusedConnection: served?.onRefusedConnection,
      calls: [served?.calls, audit?.calls].filter((calls) => calls !== undefined),
      gate: trust?.gate,
      ...(trust === undefined ? {} : { tls: trust.identity.serverTls() }),
    });
    trust?.start((tls) => server.renewTls(tls));
  } catch (error) {
    await closeAll(opened, logger);
    throw error;
  }

  const stop = async (drainMs?: number): Promise<void> => {
    // Joins that wait for a dial back end now, so that they need no draining.
    const dialsEnded = reachability.stop();
    await runAll([() => server.stop(drainMs), () => dialsEnded, ...opened], logger);
  };
  let stopping: Promise<void> | undefined;
  return {
    address: server.address,
    metricsAddress: served?.address,
    networkId: trust?.networkId,
    invites: async (addresses) => trust?.invites(addresses),
    stop(drainMs) {
      stopping ??= stop(drainMs);
      return stopping;
    },
  };
}

/** Closes what a start that failed had opened: its caller is to hear why it failed, and not that closing did as well. */
async function closeAll(steps: readonly (() => Promise<unknown>)[], logger: Logger): Promise<void> {
  await runAll(steps, logger).catch((error: unknown) => logger.error({ error: messageOf(error) }, 'stopping failed'));
}

/** Opens the network's authority where there is one; elsewhere nothing of it is loaded. */
async function openTrustIfAsked(
  { authority: folder, hosts, certificateLifetimeMs, enrolmentsPerMinute, oidc }: IndexSettings,
  init: Pick<TrustInit, 'catalog' | 'leaseClockMs' | 'logger'>,
): Promise<IndexTrust | undefined> {
  if (folder === undefined) return undefined;
  const { openTrust } = await import('./open-trust.ts');
  return openTrust({ folder, hosts, certificateLifetimeMs, enrolmentsPerMinute, oidc, ...init });
}

/** Keeps an audit log where somebody wants one; elsewhere nothing of it is loaded. */
async function openAuditIfAsked({ audit: path }: IndexSettings, logger: Logger, metrics: IndexMetrics) {
  if (path === undefined) return undefined;
  const { openIndexAudit } = await import('./open-audit.ts');
  return openIndexAudit(path, logger, metrics);
}

/** Serves metrics where somebody wants them; elsewhere nothing of it is loaded. */
async function openMetrics(listen: Address | undefined, init: Omit<ServeIndexMetricsInit, 'listen'>) {
  if (listen === undefined) return undefined;
  const { serveIndexMetrics } = await import('./serve-metrics.ts');
  return serveIndexMetrics({ listen, ...init });
}

/** How it relays, if it is to. */
function relayOptionsOf({ relay }: IndexSettings, metrics: IndexMetrics): RelayOptions | undefined {
  return relay === undefined ? undefined : { ...relay, meter: metrics };
}
