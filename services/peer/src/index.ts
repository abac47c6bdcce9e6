/**
 * The Cardume peer: it shares folders, tells an index what is in them, and serves verified bytes to whoever asks.
 *
 * @example
 * ```ts
 * import { startPeer } from '@cardume/peer';
 *
 * const peer = await startPeer({
 *   paths: ['docs'],
 *   stateFolder: '.cardume-state',
 *   index: '127.0.0.1:50051',
 *   logLevel: 'warn',
 *   onEvent: (event) => {
 *     if (event.type === 'joined') console.log(`shares ${event.fileCount} files`);
 *   },
 * });
 * console.log(`${peer.peerId} serves at ${peer.address.host}:${peer.address.port}`);
 * process.once('SIGINT', () => peer.stop());
 * ```
 *
 * @packageDocumentation
 */
export type { LogFormat, LogLevel } from '@cardume/service-kit';
export type { OfferRules } from './core/offers/offer-rules.ts';
export type { PeerEvent } from './core/peer-event.ts';
export type { AskOwner, Question } from './inbox.ts';
export type { InboxOptions } from './open-inbox.ts';
export type { PeerOptions } from './peer-options.ts';
export type { RunningPeer } from './running-peer.ts';
export type { PartialInit, PartialShare } from './share-partial.ts';
export { startPeer } from './start-peer.ts';
export type { ShareTeller } from './tell-of-share.ts';
