import { type Address, defaultIndexPort, messageOf, openIndex, parseAddress, parseAddresses } from '@cardume/client';
import type { Network } from '@cardume/client/trust';
import {
  createLogger,
  createNetworkGate,
  type LogFormat,
  type Logger,
  type LogLevel,
  parseMetricsAddress,
  RevokedMembers,
  startServer,
} from '@cardume/service-kit';
import { createRelay, type Relay, type RelayMeter } from '@cardume/service-kit/relay';
import { revocationsRefreshMs } from './core/limits.ts';
import { indexRoleFor } from './core/trust/index-roles.ts';
import type { ServeRelayMetricsInit } from './serve-relay-metrics.ts';

/** How a relay runs. */
export interface RelayServerOptions {
  /** Where to listen, `HOST:PORT`; port 0 chooses a free one. Default: `127.0.0.1:50053`. */
  listen?: string;
  /** Accepts plaintext beyond loopback; each start says what that gives up. Default: false. */
  insecure?: boolean;
  /** The network whose members it serves; its owner closes it. Default: none; then plaintext. */
  network?: Network | undefined;
  /** The index of the network, `HOST:PORT`, which says who was revoked; of several replicas with commas between. */
  index?: string | undefined;
  /** How many bytes pass in a second for one user, both ways together; at least 1. Default: 16 MiB. */
  bytesPerSecondPerUser?: number | undefined;
  /**
   * How many connections a second may come from one address over time, as of an index. At least 1. Default: 200. `false`: any number.
   */
  connectionsPerSecond?: number | false | undefined;
  /** How many connections it carries at once. Default: 1,000. */
  maxTunnels?: number | undefined;
  /** How many of them one user has asked for; an address where there are no users. Default: 64. */
  maxTunnelsPerUser?: number | undefined;
  /** Where to serve metrics for Prometheus, as of an index. Default: nowhere. */
  metrics?: string | undefined;
  /** A file to which who was relayed to whom is appended, as of an index. Default: nowhere. */
  audit?: string | undefined;
  /** The least level that is logged. Default: `info`. */
  logLevel?: LogLevel | undefined;
  /** Default: `text` on a terminal, otherwise `json`. */
  logFormat?: LogFormat | undefined;
}

/** A relay that listens. */
export interface RunningRelay {
  /** Where it listens, with the port that was chosen. */
  readonly address: Address;
  /** Where it serves metrics; undefined when it was not asked to. */
  readonly metricsAddress: Address | undefined;
  /** How many peers listen now. */
  readonly listenerCount: number;
  /** How many connections there are now. */
  readonly tunnelCount: number;
  /** Stops it; what it carries ends after `drainMs` (default 2 s). Safe to call twice. */
  stop(drainMs?: number): Promise<void>;
}

/**
 * Starts a relay that stands alone. The index is to be told where it is: `relays` in its options.
 *
 * @throws CardumeError INVALID_FIELD when it may not or cannot listen somewhere
 */
export async function startRelay(options: RelayServerOptions = {}): Promise<RunningRelay> {
  const { listen = '127.0.0.1:50053', insecure = false, network } = options;
  const logger = loggerOf(options);
  const owned = new AsyncDisposableStack();
  try {
    let relay: Relay | undefined;
    const metrics = owned.adopt(await openMetrics(options, () => relay, logger), async (opened) => opened?.close());
    const audit = owned.adopt(await openAudit(options, logger), async (opened) => opened?.close());
    const meter: RelayMeter | undefined = metrics === undefined ? undefined : { relayed: metrics.own };
    relay = createRelay({ ...options, meter });
    const revoked = new RevokedMembers();
    let drain: number | undefined;
    const server = owned.adopt(
      await startServer({
        listen: parseAddress(listen, '--listen'),
        insecure,
        services: [relay.service],
        logger,
        connectionsPerSecond: options.connectionsPerSecond,
        onRefusedConnection: metrics?.onRefusedConnection,
        calls: [metrics?.calls, audit?.calls].filter((calls) => calls !== undefined),
        ...(network === undefined ? {} : { tls: network.serverTls(), gate: gateOf(network, revoked) }),
      }),
      (started) => started.stop(drain),
    );
    if (network !== undefined) {
      owned.defer(network.onRenewed(() => server.renewTls(network.serverTls())));
      owned.defer(followRevocations(options.index, network, revoked, logger));
    }
    const { address } = server;
    const running = relay;
    return {
      address,
      metricsAddress: metrics?.address,
      get listenerCount() {
        return running.listenerCount;
      },
      get tunnelCount() {
        return running.tunnelCount;
      },
      stop(drainMs) {
        drain ??= drainMs;
        return owned.disposeAsync();
      },
    };
  } catch (error) {
    await owned.disposeAsync();
    throw error;
  }
}

function gateOf({ networkId }: Network, revoked: RevokedMembers) {
  const isRevoked: RevokedMembers['has'] = (member) => revoked.has(member);
  return createNetworkGate({ networkId, roleFor: indexRoleFor, isRevoked, nowMs: Date.now });
}

/** Asks the index again and again who was revoked. While it is away, what it said last stays. Returns what ends that. */
function followRevocations(
  index: string | undefined,
  network: Network,
  revoked: RevokedMembers,
  logger: Logger,
): () => void {
  if (index === undefined) return () => undefined;
  const client = openIndex(parseAddresses(index, '--index', defaultIndexPort), { tls: () => network.tlsOfIndex() });
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const ask = async (): Promise<void> => {
    try {
      revoked.replace((await client.relays()).revoked);
    } catch (error) {
      if (!isClosed) logger.debug({ problem: messageOf(error) }, 'the index does not say who was revoked');
    }
    if (!isClosed) timer = setTimeout(() => void ask(), revocationsRefreshMs);
  };
  void ask();
  return () => {
    isClosed = true;
    clearTimeout(timer);
    client.close();
  };
}

function loggerOf({ logLevel: level, logFormat: format }: RelayServerOptions): Logger {
  return createLogger({
    service: 'relay',
    ...(level === undefined ? {} : { level }),
    ...(format === undefined ? {} : { format }),
  });
}

/** Serves metrics where somebody wants them; elsewhere nothing of it is loaded. */
async function openMetrics(
  { metrics, insecure = false }: RelayServerOptions,
  state: ServeRelayMetricsInit['state'],
  logger: Logger,
) {
  if (metrics === undefined) return undefined;
  const { serveRelayMetrics } = await import('./serve-relay-metrics.ts');
  return serveRelayMetrics({ listen: parseMetricsAddress(metrics), insecure, state, logger });
}

/** Keeps an audit log where somebody wants one; elsewhere nothing of it is loaded. */
async function openAudit({ audit: path }: RelayServerOptions, logger: Logger) {
  if (path === undefined) return undefined;
  const { openAudit } = await import('@cardume/service-kit/audit');
  const { eventsOfCall } = await import('./handlers/events-of-call.ts');
  return openAudit({ path, service: 'relay', eventsOf: eventsOfCall, logger, onLost: () => undefined });
}
