// Below these, one connection fills the path.
const shortPathMs = 5;
const msPerLane = 20;
const maxLanes = 6;
// What one connection has under way before another one is worth its cost.
const bytesPerLane = 1.5 * 1024 * 1024;

/**
 * How many connections to one holder a download uses. What a TCP connection brings is bounded by what its sender may have
 * under way, 4 MiB by Linux's own setting: 55 MB/s at 50 ms (bench/RESULTS.md). On a short path more than one gain nothing.
 *
 * @param roundTripMs undefined: not known
 * @param bytesPerSecond what the holder brings now. One of many holders gets as many connections as that takes; Infinity for
 *   the only one, who is to bring as much as there is
 */
export function lanesFor(roundTripMs: number | undefined, bytesPerSecond: number): number {
  if (roundTripMs === undefined || roundTripMs < shortPathMs) return 1;
  const ofUse = Math.min(maxLanes, 1 + Math.ceil(roundTripMs / msPerLane));
  return Math.min(ofUse, 1 + Math.floor((bytesPerSecond * roundTripMs) / 1_000 / bytesPerLane));
}
