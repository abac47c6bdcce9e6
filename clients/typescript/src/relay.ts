/**
 * Relays, for who listens at one, a peer that nobody can dial, and for who wants such a peer and does not use `connect`.
 *
 * @packageDocumentation
 */
export { acceptFrom, connectThrough, type ListenNews, listenAt } from './adapters/relay/open-tunnel.ts';
export type { TunnelStream } from './adapters/relay/tunnel-stream.ts';
export type { RelayAddress, RelayList } from './core/model/relay.ts';
export { orderRelays, relaysPerPeer } from './core/relay/order-relays.ts';
export { maxRelays, peerAsRelay, type RelayTls, relaysOf } from './core/relay/relays-of.ts';
export { type OpenPaths, openPathsWhenUsed, type PathsInit } from './open-paths.ts';
