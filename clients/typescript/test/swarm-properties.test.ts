import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../tests/support/seeded-random.ts';
import { type PlannedRequest, SwarmPlanner } from '../src/swarm.ts';

/** What happens next; the numbers choose among what there is. */
interface Step {
  kind: 'add' | 'remove' | 'have' | 'underway' | 'next' | 'bring' | 'fail' | 'wait';
  which: number;
  pieces: number[];
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom<Step['kind'][]>(
    'add',
    'remove',
    'have',
    'underway',
    'next',
    'next',
    'next',
    'bring',
    'bring',
    'fail',
    'wait',
  ),
  which: fc.nat(),
  pieces: fc.array(fc.integer({ min: -2, max: 80 }), { maxLength: 40 }),
});

interface Situation {
  seed: number;
  order: 'rarest' | 'sequential';
  pieceCount: number;
  pieceLengthBytes: number;
  resumed: number[];
  steps: Step[];
}

const situation: fc.Arbitrary<Situation> = fc.record({
  seed: fc.nat(),
  order: fc.constantFrom<Situation['order'][]>('rarest', 'sequential'),
  pieceCount: fc.integer({ min: 1, max: 70 }),
  pieceLengthBytes: fc.constantFrom(16 * 1024, 1024 * 1024, 16 * 1024 * 1024),
  resumed: fc.array(fc.nat(69), { maxLength: 20 }),
  steps: fc.array(step, { maxLength: 200 }),
});

interface Running extends PlannedRequest {
  source: string;
  position: number;
}

/** A driver and the world around it, that checks everything the planner says. */
class Model {
  readonly planner: SwarmPlanner;
  readonly has = new Map<string, Set<number>>();
  readonly running = new Map<number, Running>();
  readonly verified: Set<number>;
  readonly told: PlannedRequest[] = [];
  readonly pieceLengthBytes: number;
  readonly pieceCount: number;
  mostSources = 0;
  nowMs = 0;
  #sources = 0;

  constructor({ seed, order, pieceCount, pieceLengthBytes, resumed }: Situation) {
    this.pieceCount = pieceCount;
    this.pieceLengthBytes = pieceLengthBytes;
    this.verified = new Set(resumed.filter((piece) => piece < pieceCount));
    const [sizeBytes, random] = [pieceCount * pieceLengthBytes - 7, seededRandom(seed)];
    this.planner = new SwarmPlanner({
      pieceCount,
      pieceLengthBytes,
      sizeBytes,
      random,
      order,
      verified: this.verified,
    });
  }

  add(pieces: 'all' | number[]): string {
    const id = `source ${++this.#sources}`;
    const all = upTo(this.pieceCount);
    this.has.set(id, new Set(pieces === 'all' ? all : pieces));
    this.planner.addSource(id, pieces, this.nowMs);
    this.mostSources = Math.max(this.mostSources, this.has.size);
    return id;
  }

  do({ kind, which, pieces }: Step): void {
    const id = [...this.has.keys()][which % Math.max(1, this.has.size)] ?? '';
    const request = [...this.running.values()][which % Math.max(1, this.running.size)];
    const does: Record<Step['kind'], () => unknown> = {
      add: () => this.add(which % 3 === 0 ? 'all' : pieces),
      wait: () => this.wait(which % 5_000),
      underway: () => this.planner.underway(id, pieces, this.nowMs),
      have: () => this.have(id, pieces),
      remove: () => this.remove(id),
      next: () => this.next(id),
      bring: () => request !== undefined && this.bring(request),
      fail: () => request !== undefined && this.end(request.requestId),
    };
    does[kind]();
  }

  wait(ms: number): void {
    this.nowMs += ms;
  }

  have(id: string, pieces: number[]): void {
    this.planner.have(id, pieces);
    for (const piece of pieces) this.has.get(id)?.add(piece);
  }

  remove(id: string): void {
    const own = [...this.running.values()].filter(({ source }) => source === id).map(({ requestId }) => requestId);
    expect(new Set(this.planner.removeSource(id, this.nowMs))).toEqual(new Set(own));
    for (const requestId of own) this.running.delete(requestId);
    this.has.delete(id);
  }

  next(id: string): boolean {
    const request = this.planner.next(id, this.nowMs);
    if (request === undefined) return false;
    expect(request.first).toBeLessThan(request.end);
    this.told.push(request);
    this.running.set(request.requestId, { ...request, source: id, position: request.first });
    for (let piece = request.first; piece < request.end; piece++) {
      expect(this.has.get(id)).toContain(piece);
      expect(this.verified).not.toContain(piece);
      const holders = [...this.running.values()].filter(({ first, end }) => first <= piece && piece < end);
      expect(holders.length).toBeLessThanOrEqual(2);
      expect(new Set(holders.map(({ source }) => source)).size).toBe(holders.length);
    }
    return true;
  }

  bring(request: Running): void {
    const { requestId, position } = request;
    this.nowMs += 3;
    this.planner.received(requestId, this.pieceLengthBytes, this.nowMs);
    request.position += 1;
    this.verified.add(position);
    for (const done of this.planner.verified(position, requestId)) this.end(done);
    if (request.position === request.end) this.end(requestId);
  }

  end(requestId: number): void {
    this.planner.ended(requestId, this.nowMs);
    this.running.delete(requestId);
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, piece) => piece);

/** Asks the live sources and lets them bring, until the file is complete; the others do nothing. */
function finish(model: Model, live: string[]): void {
  for (let turn = 0; turn < 2_000 && !model.planner.isComplete; turn++) {
    const asked = live.filter((id) => model.next(id));
    if (asked.length === 0) model.wait(250);
    const running = [...model.running.values()].filter(({ source }) => live.includes(source));
    for (const request of running) if (model.running.has(request.requestId)) model.bring(request);
  }
  expect(model.planner.isComplete).toBe(true);
  expect(model.planner.remainingBytes).toBe(0);
  expect(model.verified.size).toBe(model.pieceCount);
  for (const id of live) expect(model.planner.next(id, model.nowMs)).toBeUndefined();
}

describe('whatever happens in whatever order', () => {
  test('no piece is asked of who lacks it, none that is verified, none of more than two, and one live source completes', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const model = new Model(given);
        for (const one of given.steps) model.do(one);
        for (const { requestId } of [...model.running.values()]) model.end(requestId);
        finish(model, [model.add('all')]);
      }),
      { numRuns: 300 },
    );
  });

  test('who runs on and brings nothing stops nobody: what it holds is fetched from those that bring', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const model = new Model(given);
        const dead = model.add('all');
        model.next(dead);
        const pieces = upTo(given.pieceCount);
        finish(
          model,
          [0, 1].map((rest) => model.add(pieces.filter((piece) => piece % 2 === rest))),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('with one source nothing is asked for twice', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const model = new Model(given);
        model.add('all');
        for (const one of given.steps) {
          if (['next', 'bring', 'wait', 'underway', 'have'].includes(one.kind)) model.do(one);
        }
        const asked = model.told.flatMap(({ first, end }) => upTo(end).slice(first));
        expect(new Set(asked).size).toBe(asked.length);
      }),
    );
  });

  test('the same seed gives the same plan', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const [one, two] = [new Model(given), new Model(given)];
        for (const each of given.steps) {
          one.do(each);
          two.do(each);
        }
        expect(one.told).toEqual(two.told);
      }),
      { numRuns: 50 },
    );
  });
});
