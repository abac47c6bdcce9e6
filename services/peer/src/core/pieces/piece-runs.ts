import type { PieceRun } from '@cardume/client';

/** Puts pieces, in whatever order they are, together to runs; undefined when there are more than `maxRuns`. */
export function runsOf(pieces: Iterable<number>, maxRuns: number): PieceRun[] | undefined {
  const runs: PieceRun[] = [];
  for (const piece of [...pieces].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last.end >= piece) {
      last.end = piece + 1;
      continue;
    }
    if (runs.length === maxRuns) return undefined;
    runs.push({ first: piece, end: piece + 1 });
  }
  return runs;
}
