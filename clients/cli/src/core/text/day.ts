/** The day of a time, in UTC: `2026-02-28`; `-` when it is unknown or no time at all. */
export function dayOf(time: Date | undefined): string {
  return time === undefined || Number.isNaN(time.getTime()) ? '-' : time.toISOString().slice(0, 10);
}
