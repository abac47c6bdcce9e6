import type { PieceRun } from '../download/piece-set.ts';
import { remainingMs, type SwarmRequest } from './swarm-request.ts';
import type { SwarmSource } from './swarm-source.ts';

// How many of the requests that have run the longest are looked at, and how many of those in their pieces.
const maxLookedAt = 64;
const maxTried = 8;
/** How much earlier it must be: the estimates are rough, and what is fetched twice takes from somebody's uplink. */
const gainAtTheEnd = 0.8;
// While there is work that this source cannot do, the other one's is not the last to be waited for.
const gainBefore = 0.5;
const leastMsBefore = 2_000;
const leastAgeMsBefore = 1_000;

/** What the decision needs to know. */
export interface TakeOverInit {
  /** Who has nothing else to do, and how many bytes a second it brings for one more request. */
  source: SwarmSource;
  bytesPerSecond: number;
  /** The requests that run, those that have run the longest first. */
  running: Iterable<SwarmRequest>;
  /** Whether a piece is missing, and only one request holds it. */
  isHeldOnce: (piece: number) => boolean;
  pieceLengthBytes: number;
  /** How many pieces a request has at the most. */
  maxPieces: number;
  /** Whether each missing piece is asked for by now. */
  isEnd: boolean;
  /** What a source of which nothing is known is taken to bring. */
  usualBytesPerSecond: number;
  nowMs: number;
}

/**
 * Which pieces of a slower source's request a source does as well, as it has nothing else to do: the last ones of the
 * request that would end last, so many that both end together. The slower one goes on from its side. Undefined when no
 * piece would be here earlier by it.
 */
export function findTakeOver(init: TakeOverInit): PieceRun | undefined {
  const { source, running, bytesPerSecond, isEnd, usualBytesPerSecond, nowMs } = init;
  if (bytesPerSecond <= 0) return undefined;
  const gain = isEnd ? gainAtTheEnd : gainBefore;
  const candidates: { request: SwarmRequest; endsInMs: number }[] = [];
  let lookedAt = 0;
  for (const request of running) {
    if (lookedAt++ === maxLookedAt || (!isEnd && nowMs - request.startedMs < leastAgeMsBefore)) break;
    if (request.source === source) continue;
    const endsInMs = remainingMs(request, nowMs, usualBytesPerSecond);
    if (isEnd || endsInMs > leastMsBefore) candidates.push({ request, endsInMs });
  }
  candidates.sort((a, b) => b.endsInMs - a.endsInMs);
  for (const { request, endsInMs } of candidates.slice(0, maxTried)) {
    const run = lastPieces(init, request, endsInMs, gain);
    if (run !== undefined) return run;
  }
  return undefined;
}

function lastPieces(init: TakeOverInit, request: SwarmRequest, endsInMs: number, gain: number): PieceRun | undefined {
  const { source, bytesPerSecond, isHeldOnce, pieceLengthBytes } = init;
  const msPerPiece = (pieceLengthBytes * 1_000) / bytesPerSecond;
  if (msPerPiece > endsInMs * gain) return undefined;
  const canDo = (piece: number): boolean => isHeldOnce(piece) && source.hasPiece(piece);
  let end = request.end;
  while (end > request.first && !canDo(end - 1)) end -= 1;
  let most = init.maxPieces;
  if (Number.isFinite(endsInMs)) {
    // Both end together when each does a part as large as its rate; what the request has left is its rate by its time.
    const remainingPieces = (request.lengthBytes - request.receivedBytes) / pieceLengthBytes;
    const together = remainingPieces / (1 + (remainingPieces * msPerPiece) / endsInMs);
    most = Math.max(1, Math.min(most, Math.floor(together)));
  }
  let first = end;
  while (first > request.first && end - first < most && canDo(first - 1)) first -= 1;
  return first < end ? { first, end } : undefined;
}
