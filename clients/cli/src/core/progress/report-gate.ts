/** Decides when a progress that is told in lines is worth another line. */
export interface ReportGate {
  /**
   * @param nowMs a clock that does not go back
   * @param fraction how much is done, from 0 to 1
   * @returns whether to tell now; then the time until the next line begins anew
   */
  passes(nowMs: number, fraction: number): boolean;
}

/** When a gate opens. */
export interface ReportGateInit {
  /** So long after the last line. */
  everyMs: number;
  /** Or when so much more is done than at the last line, from 0 to 1. Default: never for that. */
  everyFraction?: number;
}

/** Makes a gate that lets the first report through, and then one whenever enough time has passed or enough is done. */
export function createReportGate({ everyMs, everyFraction = Number.POSITIVE_INFINITY }: ReportGateInit): ReportGate {
  let last: { nowMs: number; fraction: number } | undefined;
  return {
    passes(nowMs, fraction) {
      const due = last === undefined || nowMs - last.nowMs >= everyMs || fraction - last.fraction >= everyFraction;
      if (due) last = { nowMs, fraction };
      return due;
    },
  };
}
