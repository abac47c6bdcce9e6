import { type Address, formatAddress } from '@cardume/client';
import { type CompatServiceDefinition, createServer, type ServiceImplementation } from 'nice-grpc';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { addReflection } from './adapters/reflection.ts';
import { createServerCredentials, type ServerTls } from './adapters/server-credentials.ts';
import { createCallPipeline } from './call-pipeline.ts';
import type { CallGate } from './core/call-gate.ts';
import type { CallObserver } from './core/call-observer.ts';
import { guardListen } from './core/guard-listen.ts';
import { listenError } from './core/listen-error.ts';
import type { Logger } from './core/logger.ts';
import { type MethodHandlers, methodHandlersOf } from './handlers/method-handlers.ts';
import { type RawStreams, separateRawStreams } from './handlers/raw-stream.ts';
import { withTolerantDecoding } from './handlers/undecodable-request.ts';

/** The largest message that a server takes; a larger one is RESOURCE_EXHAUSTED before it is decoded. */
export const maxRequestBytes = 4 * 1024 * 1024;
/** How many calls one connection may have open; further ones wait in the caller's HTTP/2 session. */
export const maxStreamsPerConnection = 1_000;
/** How long open calls may go on when a server stops, unless its owner says otherwise. */
export const defaultDrainMs = 2_000;

/** How often it is looked at whether callers of open calls may still make them: a revocation or the end of a certificate ends those. */
export const recheckCallersMs = 500;

/** One gRPC service: its full name, what it is, and what it does. */
export interface ServedService<Definition extends CompatServiceDefinition = CompatServiceDefinition> {
  /** `cardume.index.v1.IndexService` */
  fullName: string;
  definition: Definition;
  implementation: ServiceImplementation<Definition>;
  /** Its methods that send their messages as bytes, by their paths. */
  rawStreams: RawStreams;
  /** Its methods that send one message. */
  handlers: MethodHandlers;
}

/** Ties a service's definition to its implementation, with their types. A method may be a `rawStream`. */
export function serve<Definition extends CompatServiceDefinition & { fullName: string }>(
  definition: Definition,
  implementation: ServiceImplementation<Definition>,
): ServedService {
  const { definition: framed, rawStreams } = separateRawStreams(definition, implementation);
  const tolerant = withTolerantDecoding(framed);
  return {
    fullName: definition.fullName,
    definition: tolerant,
    implementation,
    rawStreams,
    handlers: methodHandlersOf(definition, implementation),
  } as unknown as ServedService;
}

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
  const { listen, logger, services } = init;
  const warning = init.tls === undefined ? guardListen(listen, init.insecure) : undefined;
  const { credentials, renew } = createServerCredentials(init.tls);
  const health = HealthState();
  const { interceptor, middleware, terminator } = createCallPipeline(init);
  const server = createServer({
    'grpc.max_receive_message_length': maxRequestBytes,
    'grpc.max_concurrent_streams': maxStreamsPerConnection,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.http2.min_ping_interval_without_data_ms': 5_000,
    'grpc.so_reuseport': 0,
    // Nobody asks for its counters, which each message would be added to.
    'grpc.enable_channelz': 0,
    interceptors: [interceptor],
  }).use(middleware);

  for (const { fullName, definition, implementation } of services) {
    server.add(definition, implementation);
    health.setStatus('healthy', fullName);
  }
  health.setStatus('healthy');
  server.add(HealthDefinition, HealthServiceImpl(health));
  addReflection(server, [...services.map(({ fullName }) => fullName), HealthDefinition.fullName]);

  let port: number;
  try {
    port = await server.listen(formatAddress(listen), credentials);
  } catch (error) {
    throw listenError('--listen', listen, error);
  }
  const address = { host: listen.host, port };
  const { gate } = init;
  const rechecking =
    gate === undefined ? undefined : setInterval(() => terminator.readmit(gate), recheckCallersMs).unref();
  logger.info({ address: formatAddress(address) }, 'listening');
  if (warning !== undefined) logger.warn({ address: formatAddress(address) }, warning);

  const drain = async (drainMs: number): Promise<void> => {
    for (const { fullName } of services) health.setStatus('unhealthy', fullName);
    health.setStatus('unhealthy');
    const closed = server.shutdown();
    if (!(await settlesWithin(closed, terminator.openCalls > 0 ? drainMs : 0))) {
      terminator.terminate();
      // The statuses need a moment to reach their callers before the connections are cut.
      if (!(await settlesWithin(closed, 500))) server.forceShutdown();
    }
    clearInterval(rechecking);
    logger.info({ address: formatAddress(address) }, 'stopped');
  };
  let stopping: Promise<void> | undefined;
  return {
    address,
    renewTls: renew,
    stop(drainMs = defaultDrainMs) {
      stopping ??= drain(drainMs);
      return stopping;
    },
  };
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
