/**
 * A relay that stands alone: it carries connections to peers that nobody can dial, in the place of the index.
 *
 * @packageDocumentation
 */
export { type RelayServerOptions, type RunningRelay, startRelay } from './start-relay.ts';
