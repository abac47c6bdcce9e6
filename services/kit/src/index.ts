/**
 * What every server of Cardume has: start and drain, health, reflection, logs, metrics, error mapping.
 *
 * @example
 * ```ts
 * const logger = createLogger({ service: 'index' });
 * const server = await startServer({
 *   listen: { host: '127.0.0.1', port: 50_051 },
 *   insecure: false,
 *   services: [serve(IndexServiceDefinition, implementation)],
 *   logger,
 * });
 * process.once('SIGTERM', () => server.stop());
 * ```
 *
 * @packageDocumentation
 */
export { createLogger, type LogFormat, type LoggerInit, type LogLevel } from './adapters/create-logger.ts';
export {
  type CallerIdentity,
  createNetworkGate,
  identityOf,
  type NetworkCaller,
  type NetworkGateInit,
  peerOf,
} from './adapters/network-gate.ts';
export type { ServerTls } from './adapters/server-credentials.ts';
export { type CallPipeline, type CallPipelineInit, createCallPipeline } from './call-pipeline.ts';
export type { Caller, CallGate } from './core/call-gate.ts';
export type { CallObserver, EndedCall } from './core/call-observer.ts';
export { callerHost } from './core/caller-host.ts';
export { callerPlace } from './core/caller-place.ts';
export type { CallBounds } from './core/calls/call-accounts.ts';
export type { ConnectionBounds } from './core/connections/connection-bounds.ts';
export { insecureWarning } from './core/guard-listen.ts';
export {
  callBurstMs,
  callsPerSecond,
  connectionBurstMs,
  connectionsPerSecond,
  defaultStallTimeoutMs,
  maxCalls,
  maxCallsPerCaller,
  maxGreetings,
  maxPageTokenLength,
  slotRetryDelayMs,
} from './core/limits.ts';
export type { Logger } from './core/logger.ts';
export { parseMetricsAddress } from './core/metrics/metrics-address.ts';
export type { Counter, Gauge, Histogram, MetricsRegistry } from './core/metrics/registry.ts';
export { checkPageSize, type PageSizes } from './core/paging/page-size.ts';
export { readPageToken, writePageToken } from './core/paging/page-token.ts';
export { RevokedMembers } from './core/revoked-members.ts';
export {
  type CallerSlots,
  createCallerSlots,
  createSlots,
  type SharedSlots,
  type Slots,
  takeSlot,
  takeSlotOf,
} from './core/slots.ts';
export { TokenBuckets, type TokenBucketsInit } from './core/token-buckets.ts';
export { type BothStreamsContext, type BothStreamsHandler, bothStreams } from './handlers/both-streams.ts';
export { callerOf, noteFact } from './handlers/intercepted-context.ts';
export { type RawStreamContext, type RawStreamHandler, rawStream } from './handlers/raw-stream.ts';
export { type ServedService, serve } from './serve.ts';
export { type LocalServer, type LocalServerInit, startLocalServer } from './start-local-server.ts';
export { type RunningServer, type ServerInit, startServer } from './start-server.ts';
