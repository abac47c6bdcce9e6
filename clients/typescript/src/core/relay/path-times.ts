/** For how long a peer may be about to answer directly before a relay is asked for it as well. */
export const headStartMs = 300;

/** For how long it is believed that a peer can be dialled, or that there is no way to it. */
export const noPathMs = 5_000;

/** How often a peer is asked for that does not listen at the relays yet: at once, when dialling it was in vain, and later on. */
export const listeningTries = 4;

/** How long after one of those later tries the next one is. */
export const listeningRetryMs = 1_500;

/** For how long a relay may take to connect; it gives a peer 5 s to accept. */
export const tunnelTimeoutMs = 7_000;

/** For how long the relays are known that the index named. */
export const relaysFreshMs = 30_000;

const firstRetryMs = 5_000;
const maxRetryMs = 300_000;

/**
 * How long to wait before a peer that is reached through a relay is dialled again.
 *
 * @param tries how often that was in vain
 * @param random 0 to 1: those whose path came back together do not dial together
 */
export function directRetryMs(tries: number, random: number): number {
  return Math.min(maxRetryMs, firstRetryMs * 2 ** tries) * (0.75 + random / 2);
}
