import { formatSize } from '../units/size.ts';

/** A rate for people: `10.0 MB/s`; `?` when it is not known. */
export function rateText(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? '?' : `${formatSize(bytesPerSecond)}/s`;
}

/** The time of a round trip for people: `150 ms`; `?` when it is not known. */
export function roundTripText(roundTripMs: number | undefined): string {
  if (roundTripMs === undefined) return '?';
  return roundTripMs < 1 ? 'under 1 ms' : `${Math.round(roundTripMs)} ms`;
}
