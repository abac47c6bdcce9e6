/**
 * Milliseconds since 1970 by a clock that never jumps: the wall time at which this process began, and the monotonic
 * time since. Leases would end early, or not at all, by a clock that someone sets.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
