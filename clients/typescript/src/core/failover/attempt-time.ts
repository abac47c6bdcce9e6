/** For how long a server may keep silent while there are others, in milliseconds. */
export const maxSilenceMs = 3_000;

/** Less would be too little for a server that is far away: connecting takes three round trips. */
const minAttemptMs = 1_000;

/**
 * For how long one of several servers may be waited for, in milliseconds: so that as many as possible are asked within the
 * call's own time, and the last one has all that is left.
 *
 * @param leftMs how much of the call's time is left
 * @param others how many could still be asked after it
 */
export function attemptMs(leftMs: number, others: number): number {
  if (others === 0) return leftMs;
  const share = Math.max(leftMs / (others + 1), minAttemptMs);
  return Math.min(share, maxSilenceMs, leftMs);
}
