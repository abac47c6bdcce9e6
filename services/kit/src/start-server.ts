import type { Duplex } from 'node:stream';
import { type Address, formatAddress } from '@cardume/client';
import { Server } from '@grpc/grpc-js';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { descriptorLimit } from './adapters/connections/descriptor-limit.ts';
import { guardConnections } from './adapters/connections/guard-connections.ts';
import { InjectedConnections } from './adapters/connections/injected-connections.ts';
import { type Listening, listen } from './adapters/connections/listen.ts';
import { logRefusedConnections } from './adapters/connections/log-refused-connections.ts';
import { grpcService } from './adapters/grpc-service.ts';
import { reflectionServices } from './adapters/reflection.ts';
import { createServerCredentials, type ServerTls } from './adapters/server-credentials.ts';
import { createCallPipeline } from './call-pipeline.ts';
import type { CallGate } from './core/call-gate.ts';
import type { CallObserver } from './core/call-observer.ts';
import type { CallBounds } from './core/calls/call-accounts.ts';
import { checkRate } from './core/check-rate.ts';
import { type ConnectionBounds, connectionBounds } from './core/connections/connection-bounds.ts';
import { ConnectionRates } from './core/connections/connection-rates.ts';
import type { OnRefusedConnection } from './core/connections/refused-connections.ts';
import { guardListen } from './core/guard-listen.ts';
import { connectionsPerSecond, defaultDrainMs, maxRequestBytes, maxStreamsPerConnection } from './core/limits.ts';
import { listenError } from './core/listen-error.ts';
import type { Logger } from './core/logger.ts';
import { type ServedService, serve } from './serve.ts';

/** How often it is looked at whether callers of open calls may still make them: a revocation or the end of a certificate ends those. */
export const recheckCallersMs = 500;

/** How often what is overdue is ended, in milliseconds. */
const sweepIntervalMs = 250;

/** What a server needs to start. */
export interface ServerInit {
  /** Where to listen; port 0 chooses a free one. */
  listen: Address;
  /** Whether its operator accepts plaintext beyond loopback. */
  insecure: boolean;
  /** Serve with TLS 1.3 instead of in plaintext. */
  tls?: ServerTls;
  /** Who may call what, where callers have certificates. Default: everybody everything. */
  gate?: CallGate | undefined;
  services: ServedService[];
  logger: Logger;
  /** Are told of every call besides the log: what `openMetrics` and `openAudit` give. */
  calls?: readonly CallObserver[];
  /** Is told of every connection that is refused, besides the log: what `openMetrics` gives. */
  onRefusedConnection?: OnRefusedConnection | undefined;
  /** How many connections there are at the most. Default: 20,000; never more than half of the descriptors. */
  maxConnections?: number | undefined;
  /** Other bounds of connections than those of docs/limits.md. */
  connectionBounds?: Partial<ConnectionBounds> | undefined;
  /**
   * How many connections a second may come from one place over time, and 5 s worth of them at once; four times as many from all
   * places together where no member has called for an hour, and over loopback any number. At least 1. Default: 200. `false`: any number.
   */
  connectionsPerSecond?: number | false | undefined;
  /** Other bounds of calls than those of docs/limits.md. */
  callBounds?: Partial<CallBounds> | undefined;
  /**
   * How many calls a second one member may make over time, by its certificate, and 5 s worth of them at once. Without
   * a certificate four times as many come from one place, at most 400 where others have one, and from this machine any number.
   * At least 1. Default: 2,000. `false`: any number.
   */
  callsPerSecond?: number | false | undefined;
  /** How long a caller's message may take to come, in milliseconds. Default: 30,000. */
  requestTimeoutMs?: number | undefined;
  /** For how long a caller may take nothing of a raw stream before it is ended, in milliseconds. Default: 60,000. */
  stallTimeoutMs?: number;
  /** A clock in milliseconds. Default: the process's monotonic one. */
  nowMs?: () => number;
}

/** A server that listens. */
export interface RunningServer {
  /** Where it listens, with the port that was chosen. */
  readonly address: Address;
  /**
   * Serves further connections with another certificate and other authorities; those that are open go on.
   *
   * @throws CardumeError INVALID_FIELD when certificate and key do not fit
   */
  renewTls(tls: ServerTls): void;
  /**
   * Serves a connection that was not made to its port, as one that came through a relay: TLS, gate and all else are the same,
   * but that the caller has no address, and that its owner bounds how many there are. A stop drains and then cuts it, too.
   */
  inject(connection: Duplex): void;
  /**
   * Stops it: no new connections, health NOT_SERVING, `drainMs` (default 2 s) for open calls to end by themselves,
   * then UNAVAILABLE for the rest. Resolves when the port is free. Safe to call twice.
   */
  stop(drainMs?: number): Promise<void>;
}

/**
 * Starts a gRPC server with what every server of ours has: errors mapped in one place, calls logged, health,
 * reflection (v1 and v1alpha), bounds on messages and streams, and a clean stop.
 *
 * @throws CardumeError INVALID_FIELD when it may not listen there, or something else does
 */
export async function startServer(init: ServerInit): Promise<RunningServer> {
  const { listen: asked, logger, nowMs = () => performance.now() } = init;
  const warning = init.tls === undefined ? guardListen(asked, init.insecure) : undefined;
  const { credentials, renew } = createServerCredentials(init.tls);
  const health = HealthState();
  const named = [...init.services, serve(HealthDefinition, HealthServiceImpl(health))];
  const reflection = reflectionServices(named.map(({ fullName }) => fullName));
  const services = [...named, ...reflection.map(({ definition, implementation }) => serve(definition, implementation))];
  const bounds = { ...connectionBounds(init.maxConnections, descriptorLimit()), ...init.connectionBounds };
  const rate = init.connectionsPerSecond ?? connectionsPerSecond;
  checkRate(rate, '--connections-per-second');
  const refused = logRefusedConnections(logger, bounds);
  const connections = guardConnections({
    bounds,
    rates: rate === false ? undefined : new ConnectionRates(rate, nowMs),
    onRefused(refusal) {
      refused.add(refusal);
      init.onRefusedConnection?.(refusal);
    },
    nowMs,
  });
  const injected = new InjectedConnections();
  const { interceptor, terminator, endOverdue } = createCallPipeline({
    ...init,
    services,
    findConnection: connections.find,
  });
  const server = new Server({
    'grpc.max_receive_message_length': maxRequestBytes,
    'grpc.max_concurrent_streams': maxStreamsPerConnection,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    // Nobody asks for its counters, which each message would be added to.
    'grpc.enable_channelz': 0,
    interceptors: [interceptor],
  });
  for (const { definition } of services) server.addService(grpcService(definition), {});
  for (const { fullName } of init.services) health.setStatus('healthy', fullName);
  health.setStatus('healthy');

  // Connections are ours until they are let in: grpc-js has no bounds for them.
  const { injectConnection } = server.createConnectionInjector(credentials);
  let listening: Listening;
  try {
    listening = await listen(asked, (socket) => {
      if (connections.take(socket)) injectConnection(socket);
    });
  } catch (error) {
    server.forceShutdown();
    refused.close();
    throw listenError('--listen', asked, error);
  }
  const address = { host: asked.host, port: listening.port };
  const { gate } = init;
  const rechecking =
    gate === undefined ? undefined : setInterval(() => terminator.readmit(gate), recheckCallersMs).unref();
  logger.info({ address: formatAddress(address), maxConnections: bounds.maxConnections }, 'listening');
  if (warning !== undefined) logger.warn({ address: formatAddress(address) }, warning);
  const sweeping = setInterval(() => {
    connections.endOverdue();
    endOverdue();
  }, sweepIntervalMs).unref();

  const drain = async (drainMs: number): Promise<void> => {
    for (const { fullName } of init.services) health.setStatus('unhealthy', fullName);
    health.setStatus('unhealthy');
    // grpc-js tells all sessions to end, and does not wait until they have.
    const closed = Promise.all([listening.close(), injected.ended(), shutDown(server)]);
    connections.cutGreeting();
    if (!(await settlesWithin(closed, terminator.openCalls > 0 ? drainMs : 0))) {
      terminator.terminate();
      // The statuses need a moment to reach their callers before the connections are cut.
      if (!(await settlesWithin(closed, 500))) server.forceShutdown();
    }
    clearInterval(rechecking);
    connections.close();
    injected.close();
    clearInterval(sweeping);
    refused.close();
    logger.info({ address: formatAddress(address) }, 'stopped');
  };
  let stopping: Promise<void> | undefined;
  return {
    address,
    renewTls: renew,
    inject(connection) {
      injected.add(connection);
      injectConnection(connection);
    },
    stop(drainMs = defaultDrainMs) {
      stopping ??= drain(drainMs);
      return stopping;
    },
  };
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => server.tryShutdown(() => resolve()));
}

async function settlesWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise: elapsed, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    return await Promise.race([promise.then(() => true), elapsed]);
  } finally {
    clearTimeout(timer);
  }
}
