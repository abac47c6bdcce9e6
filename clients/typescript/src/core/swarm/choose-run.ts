import type { PieceRun } from '../download/piece-set.ts';
import type { PieceMask } from './piece-mask.ts';
import type { RarityOrder } from './rarity-order.ts';

/**
 * Wanted pieces of a source, rarest first: one of the rarest at random, and its neighbours.
 *
 * @param has undefined: the source has all
 * @param mostPieces from 1 on
 */
export function rarestRun(rarity: RarityOrder, has: PieceMask | undefined, mostPieces: number): PieceRun | undefined {
  const rarest = rarity.findRarest(has);
  if (rarest === undefined) return undefined;
  const level = rarity.level(rarest);
  const goesAlong = (piece: number, mostLevel: number): boolean =>
    rarity.wanted.has(piece) && (has === undefined || has.has(piece)) && rarity.level(piece) <= mostLevel;
  // Runs begin at multiples of their length: begun anywhere, they would leave ever shorter gaps.
  const step = 2 ** Math.floor(Math.log2(mostPieces));
  let first = rarest;
  while (first % step !== 0 && goesAlong(first - 1, level)) first -= 1;
  // Where there are many copies, a few more or less make no difference; where there is none, one does.
  const mostLevel = level + (level >> 1);
  let end = first + 1;
  while (end - first < mostPieces && goesAlong(end, mostLevel)) end += 1;
  return { first, end };
}

/**
 * The first wanted pieces of a source within some bounds.
 *
 * @param bounds `from`, and before `to`
 */
export function sequentialRun(
  wanted: PieceMask,
  has: PieceMask | undefined,
  mostPieces: number,
  bounds: { from: number; to: number },
): PieceRun | undefined {
  const first = wanted.firstCommon(has, bounds.from, bounds.to);
  if (first === undefined) return undefined;
  const most = Math.min(first + mostPieces, bounds.to);
  let end = first + 1;
  while (end < most && wanted.has(end) && (has === undefined || has.has(end))) end += 1;
  return { first, end };
}
