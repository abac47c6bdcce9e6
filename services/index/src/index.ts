/**
 * The index server: it knows which live peers hold which files.
 *
 * @example
 * ```ts
 * import { openIndex } from '@cardume/client';
 * import { startIndex } from '@cardume/index';
 *
 * const server = await startIndex({ listen: '127.0.0.1:0', database: 'sqlite::memory:', logLevel: 'warn' });
 * const index = openIndex(server.address);
 * await index.join({ host: '127.0.0.1', port: 50_052, shareName: 'isos', files: [] });
 * console.log((await index.stats()).peerCount); // 1
 * index.close();
 * await server.stop();
 * ```
 *
 * @packageDocumentation
 */
export type { LogFormat, LogLevel } from '@cardume/service-kit';
export type { KeptInvites } from './adapters/trust/kept-invites.ts';
export type { OidcOptions } from './core/trust/oidc/oidc-options.ts';
export type { IndexOptions } from './index-options.ts';
export { type RunningIndex, startIndex } from './start-index.ts';
