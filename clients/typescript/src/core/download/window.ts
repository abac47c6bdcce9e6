/**
 * How many bytes of a download may be on their way: a stream brings at most this much in a round trip. HTTP/2's own 64 KiB
 * would give 1.3 MB/s at 50 ms; 16 MiB fill 1 Gbit/s up to 100 ms, since a receiver asks for more when half of it has come.
 * It is also what a receiver that stands still can be made to hold.
 */
export const defaultWindowBytes = 16 * 1024 * 1024;

const minWindowBytes = 16 * 1024;

/**
 * The window for a receiver that keeps to a rate: what comes in half a second, which is enough up to round trips of a quarter.
 * So much may be on its way when the rate begins to be kept. With more, a slow one would have the sender wait for minutes
 * without a sign of life.
 *
 * @param maxBytesPerSecond undefined: no rate is set
 */
export function windowFor(maxBytesPerSecond: number | undefined): number {
  if (maxBytesPerSecond === undefined) return defaultWindowBytes;
  return Math.round(Math.max(minWindowBytes, Math.min(defaultWindowBytes, maxBytesPerSecond / 2)));
}
