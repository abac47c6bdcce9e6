/** How long ago something was, in whole milliseconds. */
export function ageMs(thenMs: number, nowMs: number): number {
  return Math.max(0, Math.round(nowMs - thenMs));
}
