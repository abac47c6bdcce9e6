/** Measures how fast a growing number of bytes grows. */
export interface RateMeter {
  /**
   * Takes a new reading.
   *
   * @param nowMs a clock that does not go back
   * @param doneBytes the total so far; a smaller one than before starts a new measurement
   * @returns bytes in a second over the last few seconds, or undefined as long as too little is known
   */
  update(nowMs: number, doneBytes: number): number | undefined;
}

interface Reading {
  nowMs: number;
  doneBytes: number;
}

/** Two readings closer than this say more about the clock than about the rate. */
const minSpanMs = 200;

/**
 * Makes a rate meter.
 *
 * @param windowMs over how long it measures. Default: 5 s, so that the number is calm enough to be read
 */
export function createRateMeter(windowMs = 5_000): RateMeter {
  let readings: Reading[] = [];
  return {
    update(nowMs, doneBytes) {
      const last = readings.at(-1);
      if (last !== undefined && doneBytes < last.doneBytes) readings = [];
      // Readings closer than a hundredth of the window are merged, which bounds how many are kept.
      if (last === undefined || nowMs - last.nowMs >= windowMs / 100 || readings.length < 2) {
        readings.push({ nowMs, doneBytes });
      }
      while ((readings[1]?.nowMs ?? Number.POSITIVE_INFINITY) <= nowMs - windowMs) readings.shift();
      const first = readings[0];
      if (first === undefined || nowMs - first.nowMs < minSpanMs) return undefined;
      return ((doneBytes - first.doneBytes) * 1000) / (nowMs - first.nowMs);
    },
  };
}
