import type { PieceRun } from '../download/piece-set.ts';
import type { SourceRequest, SwarmSource } from './swarm-source.ts';

/** A request that runs: a source is to bring a run of pieces, in order. */
export interface SwarmRequest extends SourceRequest, PieceRun {
  readonly source: SwarmSource;
  readonly startedMs: number;
  /** How many of its pieces are not verified, by whomever. */
  unverifiedPieces: number;
}

/** What there still is to come, in bytes. */
export function remainingBytes(request: SwarmRequest): number {
  return Math.max(0, request.lengthBytes - request.receivedBytes);
}

/**
 * When a request will have brought all, in milliseconds from now. It has its part of the rate that its source has for all
 * that run.
 *
 * @param usualBytesPerSecond for a source of which nothing is known yet
 */
export function remainingMs(request: SwarmRequest, nowMs: number, usualBytesPerSecond: number): number {
  const bytesPerSecond = request.source.bytesPerSecond(nowMs) ?? usualBytesPerSecond;
  const share = bytesPerSecond / request.source.running.size;
  // Also when all has come but is not verified: that takes a moment.
  return share <= 0 ? Number.POSITIVE_INFINITY : (remainingBytes(request) * 1_000) / share;
}
