import { type PlannedRequest, SwarmPlanner } from '@cardume/client/swarm';
import { seededRandom } from '../../tests/support/seeded-random.ts';
import { Histogram } from './histogram.ts';

/** What one planner costs, alone on this machine. */
export interface PlannerCost {
  sources: number;
  pieces: number;
  /** How long `next` took, in milliseconds. */
  planning: Histogram;
  bytes: number;
}

const pieceLengthBytes = 1024 * 1024;
const mostRunning = 64;
const mostCalls = 20_000;

/**
 * Measures `next` of a planner with so many sources, each of which has half of the pieces: a download in which 64
 * requests run at once, of whichever source.
 */
export function plannerCost(sources: number, pieces: number, memoryBytes: () => number): PlannerCost {
  const random = seededRandom(sources);
  // Of a small one, garbage of others would be most of what is measured.
  const copies = sources * pieces < 10_000 ? 100 : 1;
  const beforeBytes = memoryBytes();
  const planners = Array.from({ length: copies }, () => makePlanner(sources, pieces, random));
  const bytes = (memoryBytes() - beforeBytes) / copies;
  const planning = new Histogram();
  for (const planner of planners) download(planner, sources, random, planning);
  return { sources, pieces, planning, bytes };
}

function makePlanner(sources: number, pieces: number, random: () => number): SwarmPlanner {
  const sizeBytes = pieces * pieceLengthBytes;
  const planner = new SwarmPlanner({ pieceCount: pieces, pieceLengthBytes, sizeBytes, random, order: 'rarest' });
  for (let source = 0; source < sources; source++) planner.addSource(String(source), someOf(pieces, random), 0);
  return planner;
}

function download(planner: SwarmPlanner, sources: number, random: () => number, planning: Histogram): void {
  const running: PlannedRequest[] = [];
  let nowMs = 0;
  for (let call = 0; call < mostCalls && !planner.isComplete; call++) {
    const id = String(Math.floor(random() * sources));
    const startMs = performance.now();
    const planned = planner.next(id, nowMs);
    planning.add(performance.now() - startMs);
    nowMs += 5;
    if (planned !== undefined) running.push(planned);
    if (planned === undefined || running.length > mostRunning) bring(planner, running.shift(), nowMs);
  }
}

function* someOf(pieces: number, random: () => number): Generator<number, void, undefined> {
  for (let piece = 0; piece < pieces; piece++) if (random() < 0.5) yield piece;
}

function bring(planner: SwarmPlanner, request: PlannedRequest | undefined, nowMs: number): void {
  if (request === undefined) return;
  for (let piece = request.first; piece < request.end; piece++) {
    planner.received(request.requestId, pieceLengthBytes, nowMs);
    planner.verified(piece, request.requestId);
  }
  planner.ended(request.requestId, nowMs);
}
