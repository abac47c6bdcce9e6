/** The shortest and the longest wait between two attempts in milliseconds. */
export const minBackoffMs = 500;
export const maxBackoffMs = 10_000;

/**
 * How long to wait after so many failures in a row, in milliseconds: twice as long each time, and within the upper
 * half at random, so that the peers of an index that comes back do not all come back at once.
 *
 * @param failures 1 or more
 * @param random 0 to 1
 */
export function backoffMs(failures: number, random: number): number {
  const longest = Math.min(maxBackoffMs, minBackoffMs * 2 ** Math.min(failures, 10));
  return Math.round((longest / 2) * (1 + random));
}
