import { type Address, formatAddress } from '@cardume/client';
import { type CompatServiceDefinition, createServer, type ServiceImplementation } from 'nice-grpc';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { addReflection } from './adapters/reflection.ts';
import { createServerCredentials, type ServerTls } from './adapters/server-credentials.ts';
import type { CallObserver } from './core/call-observer.ts';
import { guardListen } from './core/guard-listen.ts';
import { listenError } from './core/listen-error.ts';
import type { Logger } from './core/logger.ts';
import { type RawStreams, separateRawStreams } from './handlers/raw-stream.ts';
import { createRawStreamInterceptor } from './handlers/raw-stream-interceptor.ts';
import { withTolerantDecoding } from './handlers/undecodable-request.ts';
import { createServerMiddleware } from './server-middleware.ts';

/** The largest message that a server takes; a larger one is RESOURCE_EXHAUSTED before it is decoded. */
export const maxRequestBytes = 4 * 1024 * 1024;
/** How many calls one connection may have open; further ones wait in the caller's HTTP/2 session. */
export const maxStreamsPerConnection = 1_000;
/** How long open calls may go on when a server stops, unless its owner says otherwise. */
export const defaultDrainMs = 2_000;
/** For how long a caller may take nothing of a raw stream before it is ended, unless the server's owner says otherwise. */
export const defaultStallTimeoutMs = 60_000;

/** One gRPC service: its full name, what it is, and what it does. */
export interface ServedService<Definition extends CompatServiceDefinition = CompatServiceDefinition> {
  /** `cardume.index.v1.IndexService` */
  fullName: string;
  definition: Definition;
  implementation: ServiceImplementation<Definition>;
  /** Its methods that send their messages as bytes, by their paths. */
  rawStreams: RawStreams;
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
  services: ServedService[];
  logger: Logger;
  /** Is told of every call besides the log: what `openMetrics` gives. */
  calls?: CallObserver | undefined;
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
  const credentials = createServerCredentials(init.tls);
  const health = HealthState();
  const { middleware, terminator } = createServerMiddleware(init);
  const interceptor = createRawStreamInterceptor({
    rawStreams: new Map(services.flatMap(({ rawStreams }) => [...rawStreams])),
    middleware,
    stallTimeoutMs: init.stallTimeoutMs ?? defaultStallTimeoutMs,
  });
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
    logger.info({ address: formatAddress(address) }, 'stopped');
  };
  let stopping: Promise<void> | undefined;
  return {
    address,
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
