/** From when to when a certificate is good, in milliseconds since 1970. */
interface Period {
  /** When it was received, or began. */
  notBeforeMs: number;
  notAfterMs: number;
}

// Far below what a timer holds (24.8 days), and often enough to notice a clock that was set.
const longestWaitMs = 3_600_000;
const shortestRetryMs = 5_000;
// An index counts what it refuses, for all who come from the same place.
const shortestRetryOfRefusedMs = 60_000;

/** In how many milliseconds a certificate is to be renewed: when half of its time has gone; 0 or less: now. An hour at the most. */
export function renewAfterMs({ notBeforeMs, notAfterMs }: Period, nowMs: number): number {
  return Math.min(longestWaitMs, notBeforeMs + (notAfterMs - notBeforeMs) / 2 - nowMs);
}

/** After how long a renewal that failed is tried again: a tenth of what is left, from 5 s, or a minute when it was refused, to an hour. */
export function retryAfterMs({ notAfterMs }: Period, nowMs: number, wasRefused: boolean): number {
  const leastMs = wasRefused ? shortestRetryOfRefusedMs : shortestRetryMs;
  return Math.min(longestWaitMs, Math.max(leastMs, (notAfterMs - nowMs) / 10));
}
