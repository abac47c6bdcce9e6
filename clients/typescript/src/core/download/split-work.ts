import type { PieceRun, PieceSet } from './piece-set.ts';

const minRequestBytes = 4 * 1024 * 1024;
const maxRequestBytes = 64 * 1024 * 1024;

/**
 * What the next idle lane of several is to fetch: much at first, less towards the end, so that all of them end together.
 *
 * @param verified what is there
 * @param isTaken tells of a piece that it is being fetched
 * @param untakenBytes how much nobody has begun with, about
 * @returns undefined when nothing is left to take
 */
export function nextRequest(
  verified: PieceSet,
  isTaken: (piece: number) => boolean,
  untakenBytes: number,
  laneCount: number,
  pieceLengthBytes: number,
): PieceRun | undefined {
  const run = verified.firstMissingRun(isTaken);
  if (run === undefined) return undefined;
  if (laneCount === 1) return run;
  const bytes = Math.min(maxRequestBytes, Math.max(minRequestBytes, untakenBytes / (2 * laneCount)));
  const pieces = Math.ceil(bytes / pieceLengthBytes);
  return { first: run.first, end: Math.min(run.end, run.first + pieces) };
}
