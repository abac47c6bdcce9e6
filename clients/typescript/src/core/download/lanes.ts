// Below these, one connection fills the path.
const shortPathMs = 5;
const msPerLane = 20;
const maxLanes = 6;

/**
 * How many connections to one holder a download uses. What a TCP connection brings is bounded by what its sender may have
 * under way, 4 MiB by Linux's own setting: 55 MB/s at 50 ms (bench/RESULTS.md). On a short path more than one gain nothing.
 *
 * @param roundTripMs undefined: not known
 */
export function lanesFor(roundTripMs: number | undefined): number {
  if (roundTripMs === undefined || roundTripMs < shortPathMs) return 1;
  return Math.min(maxLanes, 1 + Math.ceil(roundTripMs / msPerLane));
}
