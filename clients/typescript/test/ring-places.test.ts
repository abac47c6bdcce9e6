import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../tests/support/seeded-random.ts';
import { RingPlaces } from '../src/core/download/ring-places.ts';
import { lookAheadPieces } from '../src/core/swarm/look-ahead.ts';
import { type PlannedRequest, SwarmPlanner } from '../src/swarm.ts';

describe('a place of the ring', () => {
  test('is taken until its piece is read', () => {
    const ring = new RingPlaces(4);
    ring.hold({ first: 0, end: 4 });
    ring.release({ first: 0, end: 4 });
    expect(() => ring.hold({ first: 4, end: 5 })).toThrow(RangeError);
    ring.readNext();
    expect(ring.firstKept).toBe(1);
    ring.hold({ first: 4, end: 5 });
    expect(ring.placeOf(4)).toBe(0);
  });

  test('is taken as long as somebody may write the piece again, also when it was read', () => {
    const ring = new RingPlaces(4);
    ring.hold({ first: 0, end: 2 });
    ring.hold({ first: 0, end: 2 });
    ring.release({ first: 0, end: 2 });
    for (let piece = 0; piece < 2; piece++) ring.readNext();
    expect(ring.firstKept).toBe(0);
    expect(() => ring.hold({ first: 2, end: 5 })).toThrow(RangeError);
    ring.release({ first: 0, end: 1 });
    expect(ring.firstKept).toBe(1);
    ring.release({ first: 1, end: 2 });
    expect(ring.firstKept).toBe(2);
  });

  test('is not given to a piece that was read', () => {
    const ring = new RingPlaces(4);
    ring.readNext();
    expect(() => ring.hold({ first: 0, end: 1 })).toThrow(RangeError);
  });
});

interface Step {
  kind: 'next' | 'bring' | 'fail' | 'read' | 'wait';
  which: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind'][]>(
    'next',
    'next',
    'bring',
    'bring',
    'bring',
    'bring',
    'read',
    'read',
    'wait',
    'fail',
  ),
  which: fc.nat(),
});

interface Running extends PlannedRequest {
  source: string;
  position: number;
}

/** The planner, the ring, sources that are never told to stop, and a reader; each place holds the number of its piece. */
class Model {
  readonly pieceCount = 60;
  readonly pieceLengthBytes = 16 * 1024 * 1024;
  readonly places = new RingPlaces(lookAheadPieces(this.pieceLengthBytes));
  readonly stored: (number | undefined)[] = Array(this.places.placeCount).fill(undefined);
  readonly running = new Map<number, Running>();
  readonly planner: SwarmPlanner;
  readonly sources = ['a', 'b', 'c'];
  read: number[] = [];
  nowMs = 0;

  constructor(seed: number) {
    this.planner = new SwarmPlanner({
      pieceCount: this.pieceCount,
      pieceLengthBytes: this.pieceLengthBytes,
      sizeBytes: this.pieceCount * this.pieceLengthBytes,
      random: seededRandom(seed),
      order: 'sequential',
      firstKept: () => this.places.firstKept,
    });
    for (const id of this.sources) this.planner.addSource(id, 'all', 0);
  }

  do({ kind, which }: Step): void {
    const source = this.sources[which % this.sources.length] ?? '';
    const request = [...this.running.values()][which % Math.max(1, this.running.size)];
    if (kind === 'next') this.next(source);
    if (kind === 'wait') this.nowMs += which % 5_000;
    if (kind === 'read') this.readOne();
    if (request === undefined) return;
    if (kind === 'bring') this.bring(request);
    if (kind === 'fail') this.end(request);
  }

  next(source: string): void {
    const request = this.planner.next(source, this.nowMs);
    if (request === undefined) return;
    this.places.hold(request);
    this.running.set(request.requestId, { ...request, source, position: request.first });
  }

  /** Writes the next piece of a request, also one that is there already: whoever is to stop may still have it under way. */
  bring(request: Running): void {
    const { requestId, position: piece } = request;
    this.nowMs += 3;
    this.stored[this.places.placeOf(piece)] = piece;
    this.places.release({ first: piece, end: piece + 1 });
    this.planner.received(requestId, this.pieceLengthBytes, this.nowMs);
    this.planner.verified(piece, requestId);
    request.position += 1;
    if (request.position === request.end) this.end(request);
  }

  end({ requestId, position, end }: Running): void {
    this.places.release({ first: position, end });
    this.planner.ended(requestId, this.nowMs);
    this.running.delete(requestId);
  }

  /** Ends what is cancelled, since others have brought all of it. */
  endNeedless(): void {
    for (const request of [...this.running.values()]) {
      const pieces = Array.from({ length: request.end - request.first }, (_, at) => request.first + at);
      if (pieces.every((piece) => this.planner.isVerified(piece))) this.end(request);
    }
  }

  bringAllOf(sources: readonly string[]): void {
    for (const request of [...this.running.values()]) if (sources.includes(request.source)) this.bring(request);
  }

  readOne(): void {
    const piece = this.read.length;
    if (piece === this.pieceCount || !this.planner.isVerified(piece)) return;
    expect(this.stored[this.places.placeOf(piece)]).toBe(piece);
    this.read.push(piece);
    this.places.readNext();
  }
}

test('whatever is asked of several sources, comes late, fails, or is read slowly, the reader gets each piece', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 400 }), (seed, steps) => {
      const model = new Model(seed);
      for (const one of steps) model.do(one);
      for (const request of [...model.running.values()]) model.end(request);
      for (let turn = 0; turn < 1_000 && model.read.length < model.pieceCount; turn++) {
        model.next('a');
        model.bringAllOf(model.sources);
        model.readOne();
      }
      expect(model.read).toHaveLength(model.pieceCount);
    }),
    { numRuns: 300 },
  );
});

/** What happens beside a source that brings what it is asked for. */
interface Turn {
  waitMs: number;
  /** Whether the late source is asked, and whether it brings something. */
  asksLate: boolean;
  lateBrings: boolean;
  /** What is cancelled ends a little later, and may bring something until then. */
  endsNeedless: boolean;
  reads: number;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  waitMs: fc.constantFrom(0, 0, 250, 2_000),
  asksLate: fc.boolean(),
  lateBrings: fc.nat(9).map((number) => number === 0),
  endsNeedless: fc.nat(5).map((number) => number === 0),
  reads: fc.nat(3),
});

/** @returns how many pieces came that had been read */
function take(model: Model, { waitMs, asksLate, lateBrings, endsNeedless, reads }: Turn): number {
  model.nowMs += waitMs;
  if (asksLate) model.next('a');
  model.next('b');
  const late = [...model.running.values()].filter(({ source }) => lateBrings && source === 'a');
  const wereRead = late.filter(({ position }) => position < model.read.length);
  for (const request of late) model.bring(request);
  model.bringAllOf(['b']);
  if (endsNeedless) model.endNeedless();
  for (let piece = 0; piece < reads; piece++) model.readOne();
  return wereRead.length;
}

test('one that brings what others have done long since changes nothing, and holds up nobody', () => {
  let lateDuplicates = 0;
  fc.assert(
    fc.property(fc.nat(), fc.infiniteStream(turn), (seed, turns) => {
      const model = new Model(seed);
      for (const one of turns) {
        lateDuplicates += take(model, one);
        if (model.read.length === model.pieceCount || model.nowMs > 1_000_000) break;
      }
      expect(model.read).toHaveLength(model.pieceCount);
    }),
    { numRuns: 300 },
  );
  // Otherwise nothing was tested.
  expect(lateDuplicates).toBeGreaterThan(100);
});
